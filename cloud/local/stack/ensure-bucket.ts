import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsError } from '../aws/aws-error.ts';
import type { RequestHead } from '../aws/request.ts';
import type { Service } from '../aws/service.ts';

/** Makes a bucket where it isn't there, from service to service: no such call is one of the caller's. */
export async function ensureBucket(s3: Service, bucket: string, region: string): Promise<void> {
  const head: RequestHead = {
    method: 'PUT',
    path: `/${bucket}`,
    query: '',
    parameters: new Map(),
    headers: { host: 'localhost' },
    requestId: randomUUID(),
  };
  const route = s3.route(head);
  if (!route) throw new Error('S3 has no CreateBucket');
  const place =
    region === 'us-east-1'
      ? ''
      : `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  try {
    await s3.handle(route, { ...head, body: Readable.from([Buffer.from(place)]), trailers: new Map() }, new Date());
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'BucketAlreadyOwnedByYou')) throw error;
  }
}
