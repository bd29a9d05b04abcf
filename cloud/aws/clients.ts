import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { AwsSettings } from './settings.ts';

/** No service that answers at all is silent for longer. */
const IDLE_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 10_000;

export function makeS3Client(settings: AwsSettings): S3Client {
  const { forcePathStyle = settings.endpoint !== undefined } = settings;
  // The bucket may be anywhere; where it is, S3 says.
  return new S3Client({ ...common(settings), forcePathStyle, followRegionRedirects: true });
}

export function makeSageMakerClient(settings: AwsSettings): SageMakerClient {
  return new SageMakerClient(common(settings));
}

export function makeKmsClient(settings: AwsSettings): KMSClient {
  return new KMSClient(common(settings));
}

/** Requests are tried again by the SDK, with back-off and jitter; what breaks inside a body is for whoever reads it. */
function common({ idleTimeoutMs = IDLE_TIMEOUT_MS, forcePathStyle: _, ...settings }: AwsSettings) {
  return {
    retryMode: 'standard',
    maxAttempts: 5,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: idleTimeoutMs },
    ...settings,
  } as const;
}
