import {
  type GreengrassV2Client,
  ListComponentsCommand,
  paginateListComponents,
  paginateListComponentVersions,
} from '@aws-sdk/client-greengrassv2';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { paginateListServiceQuotas } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { ask } from './ask.ts';
import {
  makeGreengrassClient,
  makeIamClient,
  makeQuotasClient,
  makeRegionalS3Client,
  makeStsClient,
} from './clients.ts';
import { awsErrors } from './errors.ts';
import { nameOf } from './object-store.ts';
import type { Identity } from './publishing.ts';
import type { AwsSettings } from './settings.ts';

export interface Wish {
  readonly action: string;
  readonly resource: string;
}

/** What can be seen of an account without changing it. @throws VergeError AWS_… */
export interface AccountView {
  /** Who asks, and how far AWS's clock is ahead of this one. */
  identity(): Promise<Identity & { readonly clockAheadMs: number }>;
  /** Region of a bucket; undefined where there is none. */
  bucketRegion(bucket: string): Promise<string | undefined>;
  /** Whether component versions may be listed here. */
  listComponents(): Promise<void>;
  /** What of the wishes a role may not do; undefined where there is no such role. */
  denied(roleArn: string, wishes: readonly Wish[]): Promise<readonly Wish[] | undefined>;
  /** What AWS allows of the things that Verge makes, and how many component versions there are. */
  quotas(): Promise<{ readonly componentVersions: Counted; readonly quotas: readonly Quota[] }>;
  /** Ends the connections. */
  close(): void;
}

export interface Counted {
  readonly count: number;
  /** True where counting was given up. */
  readonly atLeast: boolean;
}

export interface Quota {
  readonly service: 'greengrass' | 'sagemaker';
  readonly name: string;
  readonly value: number;
}

/** Components whose versions are counted: one call for each. */
const MAX_COMPONENTS = 200;
/** What `--on sagemaker` takes where nobody names another. */
const INSTANCES = /^ml\.m5\.xlarge for processing job usage$/;

export function connectAccount(settings: AwsSettings, signal: AbortSignal): AccountView {
  const [s3, greengrass] = [makeRegionalS3Client(settings), makeGreengrassClient(settings)];
  const [sts, iam, serviceQuotas] = [makeStsClient(settings), makeIamClient(settings), makeQuotasClient(settings)];
  let answeredAt: number | undefined;
  sts.middlewareStack.add(
    (next) => async (given) => {
      const result = await next(given);
      // What the transport gives; its type is open.
      const { headers } = result.response as { headers?: Record<string, string> };
      answeredAt = Date.parse(headers?.date ?? '');
      return result;
    },
    { step: 'deserialize', name: 'readDate', priority: 'low' },
  );
  const options = { abortSignal: signal };
  return {
    identity: () =>
      ask(
        'sts:GetCallerIdentity',
        async () => {
          const region = await sts.config.region();
          const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}), options);
          const partition = Arn.split(':')[1] ?? 'aws';
          const aheadMs = answeredAt === undefined || Number.isNaN(answeredAt) ? 0 : answeredAt - Date.now();
          return { arn: Arn, account: Account, partition, region, clockAheadMs: aheadMs };
        },
        signal,
      ),
    bucketRegion: (bucket) =>
      ask(
        `s3:HeadBucket on ${bucket}`,
        async () => {
          try {
            const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket: bucket }), options);
            return BucketRegion ?? (await s3.config.region());
          } catch (error) {
            if (['NotFound', 'NoSuchBucket'].includes(nameOf(error))) return undefined;
            throw error;
          }
        },
        signal,
        ({ status }) =>
          status === 301 ? awsErrors.make('AWS_REGION_WRONG', `The bucket ${bucket} is in another region`) : undefined,
      ),
    async listComponents() {
      const call = (): Promise<unknown> => greengrass.send(new ListComponentsCommand({ maxResults: 1 }), options);
      await ask('greengrass:ListComponents', call, signal);
    },
    denied: (roleArn, wishes) =>
      ask(
        `iam:SimulatePrincipalPolicy of ${roleArn}`,
        async () => {
          try {
            const found: Wish[] = [];
            for (const wish of wishes) {
              const input = { PolicySourceArn: roleArn, ActionNames: [wish.action], ResourceArns: [wish.resource] };
              const { EvaluationResults = [] } = await iam.send(new SimulatePrincipalPolicyCommand(input), options);
              if (!EvaluationResults.every(({ EvalDecision }) => EvalDecision === 'allowed')) found.push(wish);
            }
            return found;
          } catch (error) {
            if (['NoSuchEntity', 'NoSuchEntityException'].includes(nameOf(error))) return undefined;
            throw error;
          }
        },
        signal,
      ),
    quotas: () =>
      ask(
        'servicequotas:ListServiceQuotas',
        async () => {
          const quotas: Quota[] = [];
          for (const service of ['greengrass', 'sagemaker'] as const) {
            for await (const { Quotas = [] } of paginateListServiceQuotas(
              { client: serviceQuotas },
              { ServiceCode: service },
              options,
            )) {
              for (const { QuotaName: name = '', Value: value } of Quotas) {
                if (value !== undefined && (service === 'greengrass' || INSTANCES.test(name))) {
                  quotas.push({ service, name, value });
                }
              }
            }
          }
          return { componentVersions: await countVersions(greengrass, options), quotas };
        },
        signal,
      ),
    close() {
      for (const client of [s3, greengrass, sts, iam, serviceQuotas]) client.destroy();
    },
  };
}

async function countVersions(
  client: GreengrassV2Client,
  options: { readonly abortSignal: AbortSignal },
): Promise<Counted> {
  let [count, components] = [0, 0];
  for await (const { components: page = [] } of paginateListComponents({ client }, { scope: 'PRIVATE' }, options)) {
    for (const { arn = '' } of page) {
      components += 1;
      if (components > MAX_COMPONENTS) return { count, atLeast: true };
      for await (const { componentVersions = [] } of paginateListComponentVersions({ client }, { arn }, options)) {
        count += componentVersions.length;
      }
    }
  }
  return { count, atLeast: false };
}
