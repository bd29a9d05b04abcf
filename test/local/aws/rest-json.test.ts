import * as client from '@aws-sdk/client-greengrassv2';
import { expect, it, onTestFinished } from 'vitest';
import { AwsError } from '../../../cloud/local/aws/aws-error.ts';
import { operationsOf } from '../../../cloud/local/aws/protocol/operations.ts';
import { restJson } from '../../../cloud/local/aws/protocol/rest-json.ts';
import { defineService, type Handler, type Service } from '../../../cloud/local/aws/service.ts';
import { refusal, startTestStack, testCredentials, testRegion } from '../../support/aws-stack.ts';

const arn = 'arn:aws:greengrass:eu-west-1:123456789012:components:verge.Runtime:versions:1.0.0';
const created = new Date('2026-11-24T12:00:00.250Z');

function greengrass(handlers: Record<string, Handler>): Service {
  return defineService({ name: 'greengrass', client, protocol: restJson(), handlers });
}

async function clientOf(service: Service): Promise<client.GreengrassV2Client> {
  const stack = await startTestStack({ services: [service] });
  const config = { endpoint: stack.url, region: testRegion, credentials: testCredentials, maxAttempts: 1 };
  const made = new client.GreengrassV2Client(config);
  onTestFinished(() => made.destroy());
  return made;
}

it('reads labels, queries and documents, and writes dates, bytes and the status of the schema', async () => {
  const inputs: unknown[] = [];
  const note = (input: never, answer: object): object => {
    inputs.push(input);
    return answer;
  };
  const sdk = await clientOf(
    greengrass({
      GetComponent: (input) =>
        note(input, { recipeOutputFormat: 'JSON', recipe: Buffer.from('{"a":"ü"}'), tags: { t: '1' } }),
      DescribeComponent: (input) => note(input, { arn, componentName: 'verge.Runtime', creationTimestamp: created }),
      ListDeployments: (input) => note(input, { deployments: [], nextToken: 'more' }),
      CreateDeployment: (input) => note(input, { deploymentId: 'd-1' }),
      CreateComponentVersion: (input) => note(input, { componentName: 'c', creationTimestamp: created }),
    }),
  );
  const deployment = {
    targetArn: 'arn:aws:iot:eu-west-1:123456789012:thinggroup/canary',
    components: {
      'verge.Runtime': { componentVersion: '1.0.0', configurationUpdate: { merge: '{"a":1}', reset: ['/b'] } },
    },
  };

  const component = await sdk.send(new client.GetComponentCommand({ arn, recipeOutputFormat: 'JSON' }));
  const described = await sdk.send(new client.DescribeComponentCommand({ arn }));
  const listed = await sdk.send(new client.ListDeploymentsCommand({ historyFilter: 'LATEST_ONLY', maxResults: 7 }));
  const deployed = await sdk.send(new client.CreateDeploymentCommand(deployment));
  const version = await sdk.send(new client.CreateComponentVersionCommand({ inlineRecipe: Buffer.from('{"é":1}') }));

  expect(Buffer.from(component.recipe ?? []).toString()).toBe('{"a":"ü"}');
  expect(component.tags).toEqual({ t: '1' });
  expect(described.creationTimestamp).toEqual(created);
  expect(listed.nextToken).toBe('more');
  expect([deployed.$metadata.httpStatusCode, version.$metadata.httpStatusCode]).toEqual([201, 201]);
  expect(inputs).toMatchObject([
    { arn, recipeOutputFormat: 'JSON' },
    { arn },
    { historyFilter: 'LATEST_ONLY', maxResults: 7 },
    deployment,
    { inlineRecipe: new Uint8Array(Buffer.from('{"é":1}')) },
  ]);
});

it('writes errors so that the client knows them', async () => {
  const sdk = await clientOf(
    greengrass({
      CreateComponentVersion() {
        throw new AwsError('ConflictException', 409, 'It is there.', { resourceId: arn, resourceType: 'component' });
      },
      ListComponents() {
        throw new Error('nobody foresaw this');
      },
    }),
  );

  const conflict = await sdk.send(new client.CreateComponentVersionCommand({})).catch((error: unknown) => error);
  const bug = await refusal(sdk.send(new client.ListComponentsCommand({})));

  expect(conflict).toBeInstanceOf(client.ConflictException);
  expect(conflict).toMatchObject({ message: 'It is there.', resourceId: arn, $metadata: { httpStatusCode: 409 } });
  expect(bug.status).toBe(500);
});

it('finds every operation of the client by the request that the client itself makes', async () => {
  const found: string[] = [];
  const operations = [...operationsOf(client).keys()];
  const noting = (name: string): Handler => {
    return () => {
      found.push(name);
      return {};
    };
  };
  const service = greengrass(Object.fromEntries(operations.map((name) => [name, noting(name)])));
  const sdk = await clientOf(service);
  const commands = new Map<string, unknown>(Object.entries(client));
  const everything = Object.fromEntries(
    ['arn', 'coreDeviceThingName', 'deploymentId', 'targetArn', 'artifactName', 'resourceArn', 'thingName'].map(
      (name) => [name, 'a/b:c d'] as const,
    ),
  );
  const lists = {
    tagKeys: ['a'],
    tags: {},
    entries: [],
    connectivityInfo: [],
    roleArn: 'r',
    platform: {},
    componentCandidates: [],
  };

  for (const name of operations) {
    // Every operation has a command of its name, whose input may hold more than it needs.
    const Command = commands.get(`${name}Command`) as new (input: object) => client.GetComponentCommand;
    await sdk.send(new Command({ ...everything, ...lists }));
  }

  expect(operations.length).toBeGreaterThan(20);
  expect(found).toEqual(operations);
});
