import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, it } from 'vitest';
import { startTestStack, type TestStack, testRegion } from '../../support/aws-stack.ts';

const Bucket = 'models';
const Key = 'a b/ü+1.txt';

async function withObject(stack: TestStack): Promise<S3Client> {
  const s3 = stack.s3();
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  return s3;
}

it('gives an object to whoever holds a presigned address of it, until that expires', async () => {
  let now = new Date();
  const stack = await startTestStack({ now: () => now });
  const s3 = await withObject(stack);
  const command = new GetObjectCommand({ Bucket, Key, ResponseContentType: 'text/x-poem' });
  const url = await getSignedUrl(s3, command, { expiresIn: 60 });

  const good = await fetch(url, { headers: { range: 'bytes=1-2' } });
  const other = await fetch(url.replace('1.txt', '2.txt'));
  now = new Date(now.getTime() + 61_000);
  const late = await fetch(url);

  expect([good.status, await good.text(), good.headers.get('content-type')]).toEqual([206, 'el', 'text/x-poem']);
  expect([other.status, await other.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
  expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
});

it('finds the bucket in the name of the host', async () => {
  const stack = await startTestStack();
  await withObject(stack);
  const s3 = stack.s3({ endpoint: `http://localhost:${stack.port}` });
  const hosts: unknown[] = [];
  s3.middlewareStack.add(
    (next) => (input) => {
      // Not every system resolves names below localhost; the host header stays.
      const request = input.request as { hostname: string; headers: Record<string, string> };
      hosts.push(request.headers.host);
      request.hostname = '127.0.0.1';
      return next(input);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'resolve' },
  );

  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));

  expect(await Body?.transformToString()).toBe('hello');
  expect(hosts).toEqual([`models.localhost:${stack.port}`]);
});
