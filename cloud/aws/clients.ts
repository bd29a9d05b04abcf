import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GreengrassV2Client } from '@aws-sdk/client-greengrassv2';
import { IAMClient } from '@aws-sdk/client-iam';
import { IoTClient } from '@aws-sdk/client-iot';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { AwsSettings } from './settings.ts';

/** No service that answers at all is silent for longer. */
const IDLE_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 10_000;
const MAX_DELAY_MS = 20_000;

export function makeS3Client(settings: AwsSettings): S3Client {
  const { forcePathStyle = settings.endpoint !== undefined } = settings;
  // The bucket may be anywhere; where it is, S3 says.
  return new S3Client({ ...common(settings), forcePathStyle, followRegionRedirects: true });
}

/** For a bucket whose region matters: where it is elsewhere, that is an error. */
export function makeRegionalS3Client(settings: AwsSettings): S3Client {
  return new S3Client({ ...common(settings), forcePathStyle: settings.endpoint !== undefined });
}

export function makeGreengrassClient(settings: AwsSettings): GreengrassV2Client {
  return new GreengrassV2Client(common(settings));
}

export function makeIamClient(settings: AwsSettings): IAMClient {
  return new IAMClient(common(settings));
}

export function makeIotClient(settings: AwsSettings): IoTClient {
  return new IoTClient(common(settings));
}

export function makeSnsClient(settings: AwsSettings): SNSClient {
  return new SNSClient(common(settings));
}

export function makeStsClient(settings: AwsSettings): STSClient {
  return new STSClient(common(settings));
}

export function makeSageMakerClient(settings: AwsSettings): SageMakerClient {
  return new SageMakerClient(common(settings));
}

export function makeLogsClient(settings: AwsSettings): CloudWatchLogsClient {
  return new CloudWatchLogsClient(common(settings));
}

export function makeQuotasClient(settings: AwsSettings): ServiceQuotasClient {
  return new ServiceQuotasClient(common(settings));
}

export function makeKmsClient(settings: AwsSettings): KMSClient {
  return new KMSClient(common(settings));
}

/** Requests are tried again by the SDK, with back-off and jitter; what breaks inside a body is for whoever reads it. */
function common({
  idleTimeoutMs = IDLE_TIMEOUT_MS,
  retryBaseMs,
  maxAttempts = 5,
  forcePathStyle: _,
  ...settings
}: AwsSettings) {
  const delayOf = (attempt: number): number =>
    Math.random() * Math.min(MAX_DELAY_MS, (retryBaseMs ?? 0) * 2 ** attempt);
  return {
    retryMode: 'standard',
    maxAttempts,
    ...(retryBaseMs === undefined ? {} : { retryStrategy: new ConfiguredRetryStrategy(maxAttempts, delayOf) }),
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: idleTimeoutMs },
    ...settings,
  } as const;
}
