import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand } from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { describePlan } from '../../../cloud/publish/describe-plan.ts';
import { keyOf } from '../../../cloud/publish/publication.ts';
import {
  openTestPublishing,
  partBytes,
  publicationOf,
  publish,
  startPublishingStack,
  testBucket,
  writesOf,
} from '../../support/publishing.ts';

const large = 2 * partBytes + 1000;

describe('publishing', () => {
  it('uploads in parts, registers, and waits until the component version is deployable', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc', large);
    const publishing = await openTestPublishing();

    const { plan, outcome } = await publish(stack, publication, publishing);

    expect(outcome.change).toBe('published');
    const [artifact] = publication.artifacts;
    if (!artifact) throw new Error('no artifact');
    const Key = keyOf('verge/', publication, artifact);
    expect(Key).toContain(artifact.sha256.slice(0, 32));
    const { Body } = await stack.s3().send(new GetObjectCommand({ Bucket: testBucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.alloc(large, 'abc'))).toBe(true);
    const writes = ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload'];
    expect(writesOf(stack).slice(1)).toEqual([...writes, 'CreateComponentVersion']);
    expect(describePlan(publication, plan, testBucket).map(({ call }) => call.split(':')[1])).toEqual(
      writesOf(stack).slice(1),
    );
  });

  it('changes nothing when it is done again', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc');
    const publishing = await openTestPublishing();
    const first = await publish(stack, publication, publishing);
    const before = writesOf(stack);

    const { outcome } = await publish(stack, publication, publishing);

    expect(outcome).toEqual({ change: 'already-there', arn: first.outcome.arn });
    expect(writesOf(stack)).toEqual(before);
  });

  it('refuses other bytes under a version that is taken, and names the next free one (G2)', async () => {
    const stack = await startPublishingStack();
    const publishing = await openTestPublishing();
    for (const version of ['1.0.0', '1.0.1', '1.1.0'])
      await publish(stack, await publicationOf('abc', 10, version), publishing);
    const before = writesOf(stack);

    const refused = publish(stack, await publicationOf('xyz'), publishing);

    await expect(refused).rejects.toMatchObject({
      code: 'PUBLISH_VERSION_TAKEN',
      message: expect.stringContaining('the next free version is 1.0.2'),
    });
    expect(writesOf(stack)).toEqual(before);
  });

  it('goes on with an upload that was cut in half, without the parts that are there', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc', large);
    const publishing = await openTestPublishing();
    stack.faults.inject({ operation: 'UploadPart', after: 2, times: 99, fault: { kind: 'disconnect' } });
    await expect(publish(stack, publication, publishing)).rejects.toMatchObject({ code: 'AWS_UNREACHABLE' });
    stack.faults.clear();
    const before = writesOf(stack).length;

    const { outcome } = await publish(stack, publication, publishing);

    expect(outcome.change).toBe('published');
    expect(writesOf(stack).slice(before)).toEqual(['UploadPart', 'CompleteMultipartUpload', 'CreateComponentVersion']);
    const { Uploads = [] } = await stack.s3().send(new ListMultipartUploadsCommand({ Bucket: testBucket }));
    expect(Uploads).toEqual([]);
  });

  it('does not believe a part of an upload that has other bytes', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc', large);
    const publishing = await openTestPublishing();
    const [artifact] = publication.artifacts;
    if (!artifact) throw new Error('no artifact');
    const key = keyOf('verge/', publication, artifact);
    const uploadId = await publishing.store.beginUpload(key);
    const foreign = Buffer.alloc(partBytes, 'xyz');
    const other = await publicationOf('xyz', partBytes);
    await publishing.store.uploadPart(key, uploadId, 1, foreign, other.artifacts[0]?.partDigests[0] ?? '');

    await publish(stack, publication, publishing);

    const { Body } = await stack.s3().send(new GetObjectCommand({ Bucket: testBucket, Key: key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.alloc(large, 'abc'))).toBe(true);
  });

  it('goes on where only the component version is missing', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc');
    const publishing = await openTestPublishing();
    stack.faults.inject({ operation: 'CreateComponentVersion', times: 99, fault: { kind: 'throttle' } });
    await expect(publish(stack, publication, publishing)).rejects.toMatchObject({ code: 'AWS_THROTTLED' });
    stack.faults.clear();
    const before = writesOf(stack).length;

    await publish(stack, publication, publishing);

    expect(writesOf(stack).slice(before)).toEqual(['CreateComponentVersion']);
  });

  it('encrypts with the key of the account, and notices an object that is not', async () => {
    const stack = await startPublishingStack();
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234';
    const encrypted = await openTestPublishing({ kmsKey: key });
    const plain = await openTestPublishing();
    const publication = await publicationOf('abc', large);
    await publish(stack, publication, encrypted, { kmsKey: key });
    const other = await publicationOf('xyz', 10, '2.0.0');
    const [artifact] = other.artifacts;
    if (!artifact) throw new Error('no artifact');
    await plain.store.put(keyOf('verge/', other, artifact), Buffer.alloc(10, 'xyz'), artifact.partDigests[0] ?? '');

    const refused = publish(stack, other, encrypted, { kmsKey: key });

    await expect(refused).rejects.toMatchObject({ code: 'PUBLISH_OTHER_ENCRYPTION' });
    const [first] = publication.artifacts;
    if (!first) throw new Error('no artifact');
    const Key = keyOf('verge/', publication, first);
    const head = await stack.s3().send(new HeadObjectCommand({ Bucket: testBucket, Key }));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key });
  });

  it('tells why a component version cannot be deployed, then and when it is published again', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc');
    const lost = {
      ...publication,
      recipe: () => publication.recipe(() => `s3://${testBucket}/${publication.identity.slice(0, 32)}-/kiosk.zip`),
    };
    const publishing = await openTestPublishing();

    const first = publish(stack, lost, publishing);

    const failure = { code: 'PUBLISH_COMPONENT_FAILED', message: expect.stringContaining('NoSuchKey') };
    await expect(first).rejects.toMatchObject(failure);
    await expect(publish(stack, lost, publishing)).rejects.toMatchObject(failure);
  });

  it('tells the model package that the bundle came from, and is none the worse where there is none', async () => {
    const stack = await startPublishingStack();
    const publishing = await openTestPublishing();
    const modelPackage = stack.jobs.addModelPackage({ group: 'intents', artifact: 's3://models/model.tar.gz' });
    const properties = { 'verge:bundle': 'a1b2' };
    const told = { ...(await publicationOf('abc')), lineage: { modelPackage, properties } };
    const gone = {
      ...(await publicationOf('xyz', 10, '2.0.0')),
      lineage: { modelPackage: `${modelPackage}9`, properties },
    };

    const first = await publish(stack, told, publishing);
    const second = await publish(stack, gone, publishing);

    const { CustomerMetadataProperties } = await stack
      .sageMaker()
      .send(new DescribeModelPackageCommand({ ModelPackageName: modelPackage }));
    expect(CustomerMetadataProperties).toEqual({ ...properties, 'verge:component': first.outcome.arn });
    expect(second.outcome).toMatchObject({ change: 'published', warning: expect.stringContaining('model package') });
    expect(describePlan(told, first.plan, testBucket).at(-1)).toEqual({
      call: 'sagemaker:UpdateModelPackage',
      target: modelPackage,
    });
  });

  it('stops when it is asked to, and goes on later', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc', large);
    const publishing = await openTestPublishing();
    const stop = new AbortController();
    const stopping: typeof publishing = {
      ...publishing,
      store: {
        ...publishing.store,
        uploadPart: async (...words) => {
          const part = await publishing.store.uploadPart(...words);
          stop.abort();
          return part;
        },
      },
    };

    const stopped = await publish(stack, publication, stopping, { signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    const before = writesOf(stack).length;
    await publish(stack, publication, publishing);

    expect(stopped).toBe(stop.signal.reason);
    expect(
      writesOf(stack)
        .slice(before)
        .filter((operation) => operation === 'UploadPart'),
    ).toHaveLength(2);
  });
});
