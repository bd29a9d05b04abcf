import {
  CancelDeploymentCommand,
  CreateComponentVersionCommand,
  CreateDeploymentCommand,
  GetCoreDeviceCommand,
  GetDeploymentCommand,
  ListCoreDevicesCommand,
  ListDeploymentsCommand,
  ListEffectiveDeploymentsCommand,
  ListInstalledComponentsCommand,
} from '@aws-sdk/client-greengrassv2';
import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DescribeJobCommand,
} from '@aws-sdk/client-iot';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../cloud/local/broker/broker.ts';
import { hearFleetStatus } from '../../../cloud/local/greengrass/fleet-status-topic.ts';
import { serveJobTopics } from '../../../cloud/local/iot/job-topics.ts';
import { refusal, testAccountId, testRegion } from '../../support/aws-stack.ts';
import { type GreengrassStack, startGreengrassStack } from '../../support/greengrass-stack.ts';
import { recipeOf } from '../../support/recipes.ts';
import { scratchFolder } from '../../support/scratch.ts';

const groupArn = `arn:aws:iot:${testRegion}:${testAccountId}:thinggroup/ovens`;
const kiosk = { 'com.example.Kiosk': { componentVersion: '1.0.0' } };

/** A stack with the group `ovens` of the thing `oven-1`, and a component to deploy. */
async function startFleet(folder = scratchFolder()): Promise<GreengrassStack> {
  const stack = await startGreengrassStack({ folder });
  const iot = stack.iot();
  await iot.send(new CreateThingCommand({ thingName: 'oven-1' }));
  await iot.send(new CreateThingGroupCommand({ thingGroupName: 'ovens' }));
  await iot.send(new AddThingToThingGroupCommand({ thingName: 'oven-1', thingGroupName: 'ovens' }));
  const inlineRecipe = recipeOf('com.example.Kiosk', '1.0.0');
  await stack.greengrass().send(new CreateComponentVersionCommand({ inlineRecipe }));
  await stack.greengrassService.settled();
  return stack;
}

interface Device {
  readonly link: MqttClient;
  /** Sends, and resolves with what comes on the topic of the answer. */
  ask(topic: string, message: object, answer: string): Promise<Record<string, unknown>>;
  next(topic: string): Promise<Record<string, unknown>>;
}

async function joinByMqtt(stack: GreengrassStack): Promise<Device> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const topics = await serveJobTopics(broker.url, stack.iotJobs);
  onTestFinished(() => topics.close());
  const health = await hearFleetStatus(broker.url, stack.greengrassService.devices);
  onTestFinished(() => health.close());
  const link = await connectAsync(broker.url);
  onTestFinished(() => link.endAsync());
  await link.subscribeAsync('$aws/things/oven-1/jobs/#', { qos: 1 });
  const next = (topic: string): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      const hear = (from: string, payload: Buffer): void => {
        if (from !== topic) return;
        link.off('message', hear);
        resolve(JSON.parse(payload.toString()));
      };
      link.on('message', hear);
    });
  return {
    link,
    next,
    async ask(topic, message, answer) {
      const answered = next(answer);
      await link.publishAsync(topic, JSON.stringify(message), { qos: 1 });
      return answered;
    },
  };
}

const jobs = '$aws/things/oven-1/jobs';
const notify = `${jobs}/notify-next-namespace-aws-gg-deployment`;
const getNext = `${jobs}/$next/namespace-aws-gg-deployment/get`;

describe('deployments of the stood-in Greengrass', () => {
  it('replace the latest of their target, with a revision more (G1)', async () => {
    const stack = await startFleet();
    const client = stack.greengrass();
    const first = await client.send(new CreateDeploymentCommand({ targetArn: groupArn, components: kiosk }));

    const second = await client.send(new CreateDeploymentCommand({ targetArn: groupArn, components: {} }));
    const before = await client.send(new GetDeploymentCommand({ deploymentId: first.deploymentId }));
    const after = await client.send(new GetDeploymentCommand({ deploymentId: second.deploymentId }));
    const { deployments = [] } = await client.send(new ListDeploymentsCommand({ targetArn: groupArn }));
    const all = await client.send(new ListDeploymentsCommand({ targetArn: groupArn, historyFilter: 'ALL' }));

    expect(first.$metadata.httpStatusCode).toBe(201);
    expect(before).toMatchObject({ revisionId: '1', isLatestForTarget: false, deploymentStatus: 'INACTIVE' });
    expect(before.components).toMatchObject(kiosk);
    expect(after).toMatchObject({ revisionId: '2', isLatestForTarget: true, deploymentStatus: 'ACTIVE' });
    expect(deployments.map(({ deploymentId }) => deploymentId)).toEqual([second.deploymentId]);
    expect(all.deployments).toHaveLength(2);
  });

  it('are refused for a target, a component and a configuration that are none', async () => {
    const stack = await startFleet();
    const client = stack.greengrass();
    const deploy = (targetArn: string, components: object) =>
      refusal(client.send(new CreateDeploymentCommand({ targetArn, components: { ...components } })));
    const update = { componentVersion: '1.0.0', configurationUpdate: { merge: '[1]' } };

    const refused = [
      await deploy(`${groupArn}-of-old`, kiosk),
      await deploy('arn:aws:s3:::bucket', kiosk),
      await deploy(groupArn, { 'com.example.Kiosk': { componentVersion: '9.0.0' } }),
      await deploy(groupArn, { 'com.example.Kiosk': update }),
    ];

    expect(refused.map(({ name }) => name)).toEqual([
      'ResourceNotFoundException',
      'ValidationException',
      'ResourceNotFoundException',
      'ValidationException',
    ]);
  });

  it('reach a device over MQTT, with objects to merge, and hear how it went (D1, D2, D5, G4)', async () => {
    const stack = await startFleet();
    const client = stack.greengrass();
    const device = await joinByMqtt(stack);
    const told = device.next(notify);
    const configurationUpdate = { merge: '{"a":{"b":1}}', reset: ['/c'] };
    const components = { 'com.example.Kiosk': { componentVersion: '1.0.0', configurationUpdate } };

    const idle = await device.ask(getNext, { clientToken: 'before' }, `${getNext}/accepted`);
    const created = await client.send(new CreateDeploymentCommand({ targetArn: groupArn, components }));
    const pushed = await told;
    const asked = await device.ask(getNext, { clientToken: 'after' }, `${getNext}/accepted`);
    const update = `${jobs}/${created.iotJobId}/namespace-aws-gg-deployment/update`;
    await device.ask(update, { status: 'IN_PROGRESS', clientToken: 'x' }, `${update}/accepted`);
    const statusDetails = { 'deployment-failure-cause': 'no disk', 'deployment-failure-error-stack': '[A, B]' };
    await device.ask(update, { status: 'FAILED', statusDetails }, `${update}/accepted`);
    const late = await device.ask(update, { status: 'SUCCEEDED' }, `${update}/rejected`);
    await device.link.publishAsync(
      '$aws/things/oven-1/greengrassv2/health/json',
      JSON.stringify({
        ggcVersion: '2.14.0',
        thing: 'oven-1',
        overallDeviceStatus: 'UNHEALTHY',
        components: [{ componentName: 'com.example.Kiosk', version: '1.0.0', status: 'BROKEN', isRoot: true }],
      }),
      { qos: 1 },
    );
    await device.ask(getNext, {}, `${getNext}/accepted`); // the broker has handed the report on before this
    const effective = await client.send(new ListEffectiveDeploymentsCommand({ coreDeviceThingName: 'oven-1' }));
    const installed = await client.send(new ListInstalledComponentsCommand({ coreDeviceThingName: 'oven-1' }));

    expect(idle).toEqual({ clientToken: 'before', timestamp: expect.any(Number) });
    expect(pushed.execution).toEqual(asked.execution);
    expect(asked.execution).toMatchObject({
      jobId: created.iotJobId,
      status: 'QUEUED',
      jobDocument: {
        deploymentId: created.deploymentId,
        configurationArn: `arn:aws:greengrass:${testRegion}:${testAccountId}:configuration:thinggroup/ovens:1`,
        components: {
          'com.example.Kiosk': { version: '1.0.0', configurationUpdate: { merge: { a: { b: 1 } }, reset: ['/c'] } },
        },
      },
    });
    expect(late).toMatchObject({ code: 'InvalidRequest' });
    expect(effective.effectiveDeployments).toMatchObject([
      {
        deploymentId: created.deploymentId,
        coreDeviceExecutionStatus: 'FAILED',
        reason: 'no disk',
        statusDetails: { errorStack: ['A', 'B'] },
      },
    ]);
    expect(installed.installedComponents).toMatchObject([{ lifecycleState: 'BROKEN', isRoot: true }]);
    const status = await client.send(new GetDeploymentCommand({ deploymentId: created.deploymentId }));
    expect(status.deploymentStatus).toBe('COMPLETED');
    const { coreDevices = [] } = await client.send(
      new ListCoreDevicesCommand({ status: 'UNHEALTHY', thingGroupArn: groupArn }),
    );
    expect(coreDevices.map(({ coreDeviceThingName }) => coreDeviceThingName)).toEqual(['oven-1']);
  });

  it('go to things that join their group later, and no more to any when they are cancelled (G5)', async () => {
    const stack = await startFleet();
    const client = stack.greengrass();
    const created = await client.send(new CreateDeploymentCommand({ targetArn: groupArn, components: kiosk }));
    const iot = stack.iot();
    const join = async (thingName: string): Promise<void> => {
      await iot.send(new CreateThingCommand({ thingName }));
      await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: 'ovens' }));
    };

    await join('oven-2');
    await client.send(new CancelDeploymentCommand({ deploymentId: created.deploymentId }));
    await join('oven-3');
    const { job } = await iot.send(new DescribeJobCommand({ jobId: created.iotJobId }));
    const again = await refusal(client.send(new CancelDeploymentCommand({ deploymentId: created.deploymentId })));

    expect(job).toMatchObject({ status: 'CANCELED', jobProcessDetails: { numberOfCanceledThings: 2 } });
    expect(again).toEqual({ name: 'ConflictException', status: 409 });
  });

  it('and the reports of devices survive a restart', async () => {
    const folder = scratchFolder();
    const before = await startFleet(folder);
    const created = await before
      .greengrass()
      .send(new CreateDeploymentCommand({ targetArn: groupArn, components: kiosk }));
    await before.close();

    const stack = await startGreengrassStack({ folder });
    const found = await stack.greengrass().send(new GetDeploymentCommand({ deploymentId: created.deploymentId }));
    const next = stack.iotJobs.next('oven-1', 'aws-gg-deployment');
    const unknown = await refusal(stack.greengrass().send(new GetCoreDeviceCommand({ coreDeviceThingName: 'oven-1' })));

    expect(found.deploymentStatus).toBe('ACTIVE');
    expect(next?.jobId).toBe(created.iotJobId);
    expect(unknown).toEqual({ name: 'ResourceNotFoundException', status: 404 });
  });
});
