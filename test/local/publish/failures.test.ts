import { describe, expect, it, vi } from 'vitest';
import type { CallRecord, Fault } from '../../../cloud/local/aws/faults.ts';
import type { Publication } from '../../../cloud/publish/publication.ts';
import type { GreengrassStack } from '../../support/greengrass-stack.ts';
import {
  openTestPublishing,
  partBytes,
  publicationOf,
  publish,
  startPublishingStack,
  testBucket,
} from '../../support/publishing.ts';

const large = partBytes + 10;

/** The whole way, from the credentials on. */
async function publishAnew(stack: GreengrassStack, publication: Publication): Promise<string> {
  const { outcome } = await publish(stack, publication, await openTestPublishing());
  return outcome.change;
}

/** Every call of one publication that goes well. */
async function callsOfOne(stack: GreengrassStack): Promise<readonly CallRecord[]> {
  const before = stack.faults.calls.length;
  await publishAnew(stack, await publicationOf('first', large, '0.0.1'));
  return stack.faults.calls.slice(before);
}

describe('publishing, when AWS fails', () => {
  it.each<[string, Fault]>([
    ['throttled', { kind: 'throttle' }],
    ['answered with an error of the service', { kind: 'error', code: 'InternalError', status: 500, message: 'oops' }],
    ['cut off', { kind: 'disconnect' }],
    ['done, and its answer lost', { kind: 'lose-answer' }],
  ])('tries again where any one call is %s', async (_what, fault) => {
    const stack = await startPublishingStack();
    const calls = await callsOfOne(stack);
    const changes: string[] = [];

    for (const [index] of calls.entries()) {
      const first = (stack.faults.calls.at(-1)?.index ?? 0) + 1;
      stack.faults.inject({ index: first + index, fault });
      changes.push(await publishAnew(stack, await publicationOf(`${index}`, large, `1.0.${index}`)));
      stack.faults.clear();
    }

    expect(calls.length).toBeGreaterThan(8);
    expect(changes).toEqual(calls.map(() => 'published'));
  });

  it('ends clearly where an operation fails for good, and goes on when it no longer does', async () => {
    const stack = await startPublishingStack();
    const operations = [...new Set((await callsOfOne(stack)).map(({ operation }) => operation))];
    const ends: [string, unknown][] = [];
    const changes: string[] = [];

    for (const [index, operation] of operations.entries()) {
      const publication = await publicationOf(`${index}`, large, `1.0.${index}`);
      for (const fault of [
        { kind: 'throttle' },
        { kind: 'error', code: 'InternalError', status: 500, message: '' },
      ] as const) {
        stack.faults.inject({ operation, times: 1000, fault });
        const error: unknown = await publishAnew(stack, publication).catch((caught: unknown) => caught);
        ends.push([operation, error instanceof Error && 'code' in error ? error.code : error]);
        stack.faults.clear();
      }
      changes.push(await publishAnew(stack, publication));
    }

    expect(operations).toContain('CompleteMultipartUpload');
    expect(ends).toEqual(
      operations.flatMap((operation) => [
        [operation, 'AWS_THROTTLED'],
        [operation, 'AWS_SERVICE_FAILED'],
      ]),
    );
    expect(changes).toEqual(operations.map(() => 'published'));
  });

  it.each(['HeadObject', 'PutObject', 'DescribeComponent', 'CreateComponentVersion', 'GetCallerIdentity'])(
    'says what is not allowed where %s is denied, at once',
    async (operation) => {
      const stack = await startPublishingStack();
      const publication = await publicationOf('abc');
      const code = ['HeadObject', 'PutObject', 'GetCallerIdentity'].includes(operation)
        ? 'AccessDenied'
        : 'AccessDeniedException';
      stack.faults.inject({ operation, times: 99, fault: { kind: 'error', code, status: 403, message: 'not you' } });

      const refused = publishAnew(stack, publication);

      await expect(refused).rejects.toMatchObject({
        code: 'AWS_ACCESS_DENIED',
        fault: 'user',
        what: expect.stringContaining(operation),
      });
      expect(stack.faults.calls.filter((call) => call.operation === operation)).toHaveLength(1);
    },
  );

  it('says so where the region is not that of the bucket, where there is none, and where there is no bucket', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc');
    stack.faults.inject({
      operation: 'HeadObject',
      fault: { kind: 'error', code: 'PermanentRedirect', status: 301, message: 'elsewhere' },
    });

    await expect(publishAnew(stack, publication)).rejects.toMatchObject({ code: 'AWS_REGION_WRONG' });
    const absent = await openTestPublishing({ bucket: 'verge-absent' });
    await expect(publish(stack, publication, absent)).rejects.toMatchObject({ code: 'AWS_BUCKET_MISSING' });
    vi.stubEnv('AWS_REGION', undefined);
    await expect(openTestPublishing()).rejects.toMatchObject({ code: 'AWS_REGION_MISSING' });
  });

  it('says so where the credentials are of nobody', async () => {
    await startPublishingStack();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIANOBODY0000000000');

    await expect(openTestPublishing()).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED', fault: 'user' });
  });

  it('gives the words of the service where a recipe is refused', async () => {
    const stack = await startPublishingStack();
    const publication = await publicationOf('abc');

    const refused = publishAnew(stack, { ...publication, recipe: () => 'ComponentName: com.example.Kiosk' });

    await expect(refused).rejects.toMatchObject({
      code: 'AWS_RECIPE_REFUSED',
      what: expect.stringContaining('RecipeFormatVersion'),
    });
  });

  it('refuses to believe an object under its key that has other bytes', async () => {
    const stack = await startPublishingStack();
    const publishing = await openTestPublishing();
    const publication = await publicationOf('abc');
    const other = await publicationOf('xyz');
    const find = publishing.store.find;
    const store = {
      ...publishing.store,
      find: async (key: string) =>
        (await find(key)) && { sizeBytes: 1000, sha256: other.artifacts[0]?.partDigests[0], kmsKeyId: undefined },
    };

    await expect(publish(stack, publication, { ...publishing, store })).rejects.toMatchObject({
      code: 'PUBLISH_CHECKSUM_WRONG',
    });
    await expect(publish(stack, publication, { ...publishing, store })).rejects.toMatchObject({
      code: 'PUBLISH_OBJECT_FOREIGN',
    });
  });

  it('takes a version that somebody else has just created for what it is', async () => {
    const stack = await startPublishingStack();
    const publishing = await openTestPublishing();
    const publication = await publicationOf('abc');
    const meanwhile = async (wanted: Publication): Promise<void> => {
      const other = await openTestPublishing({ bucket: testBucket });
      await publish(stack, wanted, other);
    };
    const beaten = (wanted: Publication): typeof publishing => ({
      ...publishing,
      registry: {
        ...publishing.registry,
        async create(recipe, token) {
          await meanwhile(wanted);
          return publishing.registry.create(recipe, `${token.slice(1)}x`);
        },
      },
    });

    const same = await publish(stack, publication, beaten(publication));
    const next = await publicationOf('abcd', 10, '2.0.0');
    const different = publish(stack, next, beaten(await publicationOf('xyz', 10, '2.0.0')));

    expect(same.outcome.change).toBe('already-there');
    await expect(different).rejects.toMatchObject({ code: 'PUBLISH_VERSION_TAKEN' });
  });
});
