import type { S3Place } from '../aws/objects.ts';
import { originErrors } from './errors.ts';

/** Where a model comes from, as a user names it. */
export type ModelSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 's3'; readonly place: S3Place }
  | { readonly kind: 'training-job'; readonly name: string }
  /** `rank` 1 is its best job. */
  | { readonly kind: 'tuning-job'; readonly name: string; readonly rank: number }
  | { readonly kind: 'model-package'; readonly arn: string }
  /** By name, or by ARN where it belongs to another account. */
  | { readonly kind: 'model-package-group'; readonly group: string };

/** Patterns of the service's own model. */
const JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const TUNING_JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$/;
const PACKAGE_ARN = /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]{9,16}:\d{12}:model-package\/[a-zA-Z0-9-]+(\/\d{1,9})?$/;
const GROUP_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const GROUP_ARN = /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]{9,16}:\d{12}:model-package-group\/[a-zA-Z0-9-]+$/;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_KEY_BYTES = 1024;

/** Reads what stands behind `verge compile`. @throws VergeError ORIGIN_ADDRESS_INVALID */
export function parseSource(text: string): ModelSource {
  const [, scheme, rest = ''] = text.match(/^(s3|training-job|tuning-job|model-package):(.*)$/s) ?? [];
  if (scheme === 's3') return { kind: 's3', place: parseS3Uri(text) };
  if (scheme === 'training-job') return { kind: 'training-job', name: checked(rest, JOB_NAME, text) };
  if (scheme === 'tuning-job') return { kind: 'tuning-job', name: checked(rest, TUNING_JOB_NAME, text), rank: 1 };
  if (scheme !== 'model-package') return { kind: 'path', path: text };
  if (GROUP_ARN.test(rest)) return { kind: 'model-package-group', group: rest };
  if (rest.startsWith('arn:')) return { kind: 'model-package', arn: checked(rest, PACKAGE_ARN, text) };
  return { kind: 'model-package-group', group: checked(rest, GROUP_NAME, text) };
}

/** @throws VergeError ORIGIN_ADDRESS_INVALID */
export function parseS3Uri(uri: string): S3Place {
  const [, bucket = '', key = ''] = uri.match(/^s3:\/\/([^/]*)\/?(.*)$/s) ?? [];
  if (!BUCKET_NAME.test(bucket)) throw invalid(uri, 'names no bucket');
  if (key === '') throw invalid(uri, 'names a bucket and no object in it');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw invalid(uri, `has a key of more than ${MAX_KEY_BYTES} bytes`);
  return { bucket, key };
}

function checked(name: string, pattern: RegExp, text: string): string {
  if (!pattern.test(name)) throw invalid(text, 'is not a name that SageMaker allows');
  return name;
}

function invalid(text: string, why: string): Error {
  return originErrors.make('ORIGIN_ADDRESS_INVALID', `${JSON.stringify(text.slice(0, 200))} ${why}`);
}
