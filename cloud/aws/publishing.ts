import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { ask } from './ask.ts';
import { makeGreengrassClient, makeRegionalS3Client, makeSageMakerClient, makeStsClient } from './clients.ts';
import { type ComponentRegistry, greengrassRegistry } from './component-registry.ts';
import { type ModelPackages, modelPackagesOf } from './model-packages.ts';
import { type ObjectStore, s3ObjectStore } from './object-store.ts';
import type { AwsSettings } from './settings.ts';

export interface PublishingOptions {
  readonly settings: AwsSettings;
  /** Default: `verge-ACCOUNT-REGION`, as the CloudFormation template names it. */
  readonly bucket: string | undefined;
  readonly kmsKey: string | undefined;
  readonly signal: AbortSignal;
}

/** What publishing asks AWS through. */
export interface Publishing {
  readonly region: string;
  readonly account: string;
  readonly store: ObjectStore;
  readonly registry: ComponentRegistry;
  readonly annotate: ModelPackages['annotate'];
  /** Ends the connections. */
  close(): void;
}

/** For whoever the credentials are of. @throws VergeError AWS_… */
export async function connectPublishing({
  settings,
  kmsKey,
  signal,
  ...options
}: PublishingOptions): Promise<Publishing> {
  const { region, account, partition } = await readIdentity(settings, signal);
  const [s3, greengrass] = [makeRegionalS3Client(settings), makeGreengrassClient(settings)];
  const sageMaker = makeSageMakerClient(settings);
  const bucket = options.bucket ?? `verge-${account}-${region}`;
  return {
    region,
    account,
    store: s3ObjectStore({ client: s3, bucket, kmsKey, signal }),
    registry: greengrassRegistry({ client: greengrass, partition, region, account, signal }),
    annotate: (arn, properties) => modelPackagesOf(sageMaker).annotate(arn, properties, signal),
    close() {
      sageMaker.destroy();
      s3.destroy();
      greengrass.destroy();
    },
  };
}

export interface Identity {
  readonly arn: string;
  readonly account: string;
  readonly partition: string;
  readonly region: string;
}

/** Who the credentials are of, and which region is set. @throws VergeError AWS_… */
export async function readIdentity(settings: AwsSettings, signal: AbortSignal): Promise<Identity> {
  const sts = makeStsClient(settings);
  try {
    return await ask(
      'sts:GetCallerIdentity',
      async () => {
        const region = await sts.config.region();
        const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
        return { arn: Arn, account: Account, partition: Arn.split(':')[1] ?? 'aws', region };
      },
      signal,
    );
  } finally {
    sts.destroy();
  }
}
