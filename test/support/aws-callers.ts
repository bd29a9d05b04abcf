import { ComprehendClient } from '@aws-sdk/client-comprehend';
import { LexRuntimeV2Client } from '@aws-sdk/client-lex-runtime-v2';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { onTestFinished } from 'vitest';
import type { Classification } from '../../component/classify/classification.ts';
import { type BenchDesk, benchDesk, classification } from './bench-desk.ts';
import type { HttpBench } from './http-bench.ts';

/** The model of the bench, and the beginning of an endpoint's ARN. */
export const MODEL = 'intents-mini';
export const ARN = 'arn:aws:comprehend:eu-west-1:123456789012:document-classifier-endpoint';
export const bot = { botId: 'ABCDEFGHIJ', botAliasId: 'TSTALIASID', localeId: 'en_US', sessionId: 'session-1' };

/** What a caller of AWS changes: the endpoint. */
export function config(url: string, accessKeyId = 'anything'): object {
  return {
    endpoint: url,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'anything' },
  };
}

/** Goes with the test. */
export function own<T extends { destroy(): void }>(client: T): T {
  onTestFinished(() => client.destroy());
  return client;
}

export const comprehend = ({ url }: HttpBench): ComprehendClient => own(new ComprehendClient(config(url)));
export const sagemaker = ({ url }: HttpBench): SageMakerRuntimeClient => own(new SageMakerRuntimeClient(config(url)));
export const lex = ({ url }: HttpBench): LexRuntimeV2Client => own(new LexRuntimeV2Client(config(url)));

/** A desk whose model answers everything alike. */
export function answering(label: string, more: Partial<Classification> = {}): BenchDesk {
  return benchDesk(async () => classification(label, more));
}
