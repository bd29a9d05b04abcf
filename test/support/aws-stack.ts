import path from 'node:path';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { SageMakerClient, type SageMakerClientConfig } from '@aws-sdk/client-sagemaker';
import { onTestFinished } from 'vitest';
import { connectSources, type SourcePorts } from '../../cloud/aws/connect.ts';
import type { AwsSettings } from '../../cloud/aws/settings.ts';
import { createKeyring, type Keyring } from '../../cloud/local/aws/keyring.ts';
import { type AwsServer, startAwsServer } from '../../cloud/local/aws/server.ts';
import type { Service } from '../../cloud/local/aws/service.ts';
import { openS3 } from '../../cloud/local/s3/service.ts';
import { openSageMaker, type SageMaker } from '../../cloud/local/sagemaker/service.ts';
import { scratchFolder } from './scratch.ts';

export const testRegion = 'eu-west-1';
export const testAccountId = '123456789012';
export const testCredentials = { accessKeyId: 'AKIAVERGETEST0000000', secretAccessKey: 'a-secret/of+the=tests' };

export interface TestStack extends AwsServer {
  readonly folder: string;
  readonly keyring: Keyring;
  /** Where training jobs and model packages are put in. */
  readonly jobs: SageMaker;
  /** A client of the stack; it and the stack end with the test. */
  s3(config?: S3ClientConfig): S3Client;
  sageMaker(config?: SageMakerClientConfig): SageMakerClient;
  /** The product's own ports, connected to the stack. */
  connect(settings?: AwsSettings): SourcePorts;
  /** Makes the bucket where it isn't there, and puts an object of one piece. Answers its address. */
  put(bucket: string, key: string, body: Uint8Array | string): Promise<string>;
}

export interface TestStackOptions {
  readonly folder?: string;
  readonly now?: () => Date;
  /** Default: one of its own, in the folder. */
  readonly s3?: Service;
  /** Beside S3 and SageMaker. */
  readonly services?: readonly Service[];
}

/** The stood-in services on a free port, with a folder of this test's own. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const folder = options.folder ?? scratchFolder();
  const keyring = createKeyring([testCredentials]);
  const account = { region: testRegion, accountId: testAccountId };
  const s3 = options.s3 ?? (await openS3({ folder: path.join(folder, 's3'), ...account }));
  const jobs = openSageMaker({ folder: path.join(folder, 'sagemaker'), ...account });
  const server = await startAwsServer({
    services: [s3, jobs.service, ...(options.services ?? [])],
    keyring,
    region: testRegion,
    ...(options.now ? { now: options.now } : {}),
  });
  onTestFinished(() => server.close());
  const config = { endpoint: server.url, region: testRegion, credentials: testCredentials, maxAttempts: 1 };
  function ending<Client extends { destroy(): void }>(client: Client): Client {
    onTestFinished(() => client.destroy());
    return client;
  }
  return {
    ...server,
    folder,
    keyring,
    jobs,
    s3: (more = {}) => ending(new S3Client({ ...config, ...more })),
    sageMaker: (more = {}) => ending(new SageMakerClient({ ...config, ...more })),
    connect: (settings = {}) =>
      connectSources({ endpoint: server.url, region: testRegion, credentials: testCredentials, ...settings }),
    async put(bucket, key, body) {
      const client = ending(new S3Client(config));
      const place = { CreateBucketConfiguration: { LocationConstraint: testRegion } } as const;
      await client.send(new CreateBucketCommand({ Bucket: bucket, ...place })).catch(ignoreOwned);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      return `s3://${bucket}/${key}`;
    },
  };
}

function ignoreOwned(error: unknown): void {
  if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
}

/** What a call is refused with: the SDK's name for the error, and its status. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Errors of SDK clients carry the status of the answer.
    const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
    return { name: error.name, status: $metadata?.httpStatusCode };
  }
  throw new Error('The call was not refused');
}
