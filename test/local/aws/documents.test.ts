import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { s3Documents } from '../../../cloud/aws/documents.ts';
import { startPublishingStack, testBucket } from '../../support/publishing.ts';

it('refuses a document that is larger than any of ours, and answers the next one', async () => {
  const stack = await startPublishingStack();
  const client = stack.s3();
  const documents = s3Documents({ client, bucket: testBucket, signal: new AbortController().signal });
  const body = Buffer.alloc(64 * 1024 * 1024 + 1, ' ');
  await client.send(new PutObjectCommand({ Bucket: testBucket, Key: 'rollouts/large/state.json', Body: body }));
  await documents.put('rollouts/small/state.json', '{}', 'application/json');

  const refused = documents.read('rollouts/large/state.json');

  await expect(refused).rejects.toMatchObject({
    code: 'AWS_OBJECT_TOO_LARGE',
    message: expect.stringContaining('67108865'),
  });
  expect((await documents.read('rollouts/small/state.json'))?.text).toBe('{}');
});
