import {
  CreateComponentVersionCommand,
  DescribeComponentCommand,
  GetComponentCommand,
  type GreengrassV2Client,
  paginateListComponentVersions,
} from '@aws-sdk/client-greengrassv2';
import * as z from 'zod';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';
import { nameOf } from './object-store.ts';

export interface RegisteredVersion {
  readonly arn: string;
  readonly state: 'pending' | 'deployable' | 'failed' | 'deprecated';
  /** Why it failed, each a sentence or an artifact and its error. */
  readonly reasons: readonly string[];
}

/** The component versions of the account. */
export interface ComponentRegistry {
  find(component: string, version: string): Promise<RegisteredVersion | undefined>;
  /** URIs of the artifacts in the recipe of a version that is there. */
  artifactUris(component: string, version: string): Promise<readonly string[]>;
  versions(component: string): Promise<readonly string[]>;
  /** False where somebody else has created it meanwhile. @param token the same for the same request */
  create(recipe: string, token: string): Promise<boolean>;
}

export interface ComponentRegistryOptions {
  readonly client: GreengrassV2Client;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly signal: AbortSignal;
}

/** What of a recipe says where its artifacts are; the rest is nobody's business here. */
const recipeSchema = z.looseObject({
  Manifests: z.array(z.looseObject({ Artifacts: z.array(z.looseObject({ Uri: z.string() })).default([]) })).default([]),
});

const STATES: Readonly<Record<string, RegisteredVersion['state']>> = {
  DEPLOYABLE: 'deployable',
  FAILED: 'failed',
  DEPRECATED: 'deprecated',
};

/** Component versions in Greengrass V2. */
export function greengrassRegistry(options: ComponentRegistryOptions): ComponentRegistry {
  const { client, partition, region, account, signal } = options;
  const arnOf = (component: string): string =>
    `arn:${partition}:greengrass:${region}:${account}:components:${component}`;
  const sending = { abortSignal: signal };
  const call = <T>(operation: string, subject: string, work: () => Promise<T>): Promise<T> => {
    const what = `greengrass:${operation} of ${subject}`;
    return ask(what, work, signal, ({ name, message }) =>
      name === 'ValidationException'
        ? awsErrors.make('AWS_RECIPE_REFUSED', `Greengrass refuses ${what} (${message})`)
        : undefined,
    );
  };
  return {
    find: (component, version) =>
      call('DescribeComponent', `${component} ${version}`, async () => {
        const arn = `${arnOf(component)}:versions:${version}`;
        try {
          const { status } = await client.send(new DescribeComponentCommand({ arn }), sending);
          const errors = Object.entries(status?.errors ?? {}).map(([what, why]) => `${what}: ${why}`);
          const message = status?.message && status.message !== 'NONE' ? [status.message] : [];
          const state = STATES[status?.componentState ?? ''] ?? 'pending';
          return { arn, state, reasons: errors.length > 0 ? errors : message };
        } catch (error) {
          if (nameOf(error) === 'ResourceNotFoundException') return undefined;
          throw error;
        }
      }),
    artifactUris: (component, version) =>
      call('GetComponent', `${component} ${version}`, async () => {
        const arn = `${arnOf(component)}:versions:${version}`;
        const { recipe = new Uint8Array() } = await client.send(
          new GetComponentCommand({ arn, recipeOutputFormat: 'JSON' }),
          sending,
        );
        const { Manifests } = recipeSchema.parse(JSON.parse(Buffer.from(recipe).toString('utf8')));
        return Manifests.flatMap(({ Artifacts }) => Artifacts.map(({ Uri }) => Uri));
      }),
    versions: (component) =>
      call('ListComponentVersions', component, async () => {
        const found: string[] = [];
        const pages = paginateListComponentVersions({ client }, { arn: arnOf(component) }, sending);
        for await (const { componentVersions = [] } of pages) {
          for (const { componentVersion } of componentVersions) if (componentVersion) found.push(componentVersion);
        }
        return found;
      }),
    create: (recipe, token) =>
      call('CreateComponentVersion', 'the recipe', async () => {
        try {
          const input = { inlineRecipe: Buffer.from(recipe), clientToken: token };
          await client.send(new CreateComponentVersionCommand(input), sending);
          return true;
        } catch (error) {
          if (nameOf(error) === 'ConflictException') return false;
          throw error;
        }
      }),
  };
}
