import type {
  CreateBucketRequest,
  GetBucketLocationRequest,
  HeadBucketRequest,
  ListBucketsRequest,
} from '@aws-sdk/client-s3';
import type { Call, Handler } from '../aws/service.ts';
import { s3Error } from './errors.ts';
import type { S3Context } from './service.ts';

/** Answers to calls about buckets as such. */
export function bucketHandlers({ store, region, accountId }: S3Context): Record<string, Handler> {
  return {
    CreateBucket({ Bucket = '', CreateBucketConfiguration: wanted }: CreateBucketRequest, { now }: Call) {
      const asked = wanted?.LocationConstraint ?? 'us-east-1';
      if (asked !== region) {
        const words = `The ${asked === 'us-east-1' ? 'unspecified' : asked} location constraint is incompatible for the region specific endpoint this request was sent to.`;
        throw s3Error('IllegalLocationConstraintException', {}, words);
      }
      store.create(Bucket, now);
      return { Location: `/${Bucket}` };
    },
    DeleteBucket({ Bucket = '' }: HeadBucketRequest) {
      store.delete(Bucket);
      return {};
    },
    HeadBucket({ Bucket = '' }: HeadBucketRequest) {
      store.bucket(Bucket);
      return { BucketRegion: region };
    },
    GetBucketLocation({ Bucket = '' }: GetBucketLocationRequest) {
      store.bucket(Bucket);
      return { LocationConstraint: region === 'us-east-1' ? '' : region };
    },
    ListBuckets({ Prefix = '', MaxBuckets = 10_000, ContinuationToken = '' }: ListBucketsRequest) {
      const after = Buffer.from(ContinuationToken, 'base64url').toString();
      const found = store.buckets().filter(({ name }) => name.startsWith(Prefix) && name > after);
      const page = found.slice(0, MaxBuckets);
      const last = page.at(-1);
      return {
        Buckets: page.map(({ name, createdAt }) => ({
          Name: name,
          CreationDate: new Date(createdAt),
          BucketRegion: region,
        })),
        Owner: { ID: accountId },
        ...(Prefix === '' ? {} : { Prefix }),
        ...(last && page.length < found.length
          ? { ContinuationToken: Buffer.from(last.name).toString('base64url') }
          : {}),
      };
    },
  };
}
