import { randomBytes } from 'node:crypto';
import type { CreateMultipartUploadRequest, PutObjectRequest } from '@aws-sdk/client-s3';
import type { ObjectAttributes } from './store.ts';

type Described = PutObjectRequest | CreateMultipartUploadRequest;

const KEPT = [
  'CacheControl',
  'ContentDisposition',
  'ContentLanguage',
  'ContentType',
  'Metadata',
  'StorageClass',
  'WebsiteRedirectLocation',
] as const satisfies readonly (keyof Described)[];

/** Headers of an upload that its object keeps; who names no encryption gets S3's own. */
export function attributesOf(input: Described, account: { region: string; accountId: string }): ObjectAttributes {
  const kept = KEPT.map((name) => [name, input[name]] as const).filter(([, value]) => value !== undefined);
  const encoding = plainEncoding(input.ContentEncoding);
  const key = input.SSEKMSKeyId ?? 'aws/s3';
  return {
    ContentType: 'binary/octet-stream',
    ...Object.fromEntries(kept),
    ...(encoding === undefined ? {} : { ContentEncoding: encoding }),
    ServerSideEncryption: input.ServerSideEncryption ?? 'AES256',
    ...(isKms(input.ServerSideEncryption)
      ? {
          SSEKMSKeyId: key.startsWith('arn:') ? key : `arn:aws:kms:${account.region}:${account.accountId}:key/${key}`,
          ...(input.BucketKeyEnabled === undefined ? {} : { BucketKeyEnabled: input.BucketKeyEnabled }),
        }
      : {}),
  };
}

/** `aws-chunked` is of the request, not of the object. */
function plainEncoding(encoding: string | undefined): string | undefined {
  const rest = (encoding ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked' && one !== '');
  return rest.length === 0 ? undefined : rest.join(',');
}

/** Entity tags are MD5 sums, but not of what KMS encrypts. */
export function etagHex(md5: Buffer, attributes: ObjectAttributes): string {
  return isKms(attributes.ServerSideEncryption) ? randomBytes(16).toString('hex') : md5.toString('hex');
}

function isKms(encryption: unknown): boolean {
  return typeof encryption === 'string' && encryption.startsWith('aws:kms');
}

/** Members that answers about an object's encryption repeat. */
export function encryptionOf({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }: ObjectAttributes): object {
  return { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled };
}
