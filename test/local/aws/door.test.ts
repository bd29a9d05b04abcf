import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { hmac, signingKey, stringToSign } from '../../../cloud/local/aws/signature/canonical.ts';
import { refusal, startTestStack, type TestStack, testCredentials, testRegion } from '../../support/aws-stack.ts';

const Bucket = 'models';

async function withObject(stack: TestStack): Promise<S3Client> {
  const s3 = stack.s3();
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
  return s3;
}

describe('the door of the stood-in services', () => {
  it('takes the signature that AWS gives as an example', () => {
    // The example of "Authenticating Requests: GET Object" in the reference of S3, with its own key.
    const scope = { day: '20130524', region: 'us-east-1', service: 's3' };
    const canonical = [
      'GET',
      '/test.txt',
      '',
      'host:examplebucket.s3.amazonaws.com',
      'range:bytes=0-9',
      'x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date:20130524T000000Z',
      '',
      'host;range;x-amz-content-sha256;x-amz-date',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    ].join('\n');

    const text = stringToSign('20130524T000000Z', scope, canonical);
    const signature = hmac(signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope), text).toString('hex');

    expect(signature).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });

  it.each([
    ['another secret', { ...testCredentials, secretAccessKey: 'guessed' }, 'SignatureDoesNotMatch', 403],
    ['a key that nobody has', { ...testCredentials, accessKeyId: 'AKIANOBODY' }, 'InvalidAccessKeyId', 403],
    ['a token that the key does not have', { ...testCredentials, sessionToken: 'made-up' }, 'InvalidToken', 400],
  ])('refuses %s', async (_, credentials, name, status) => {
    const stack = await startTestStack();
    const s3 = stack.s3({ credentials });

    const refused = await refusal(s3.send(new ListBucketsCommand({})));

    expect(refused).toEqual({ name, status });
  });

  it('takes temporary credentials with their token until they expire', async () => {
    const stack = await startTestStack();
    const temporary = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 's', sessionToken: 'token/of=mine' };
    const list = (): Promise<unknown> =>
      stack.s3({ credentials: temporary }).send(new ListBucketsCommand({})) as Promise<unknown>;

    stack.keyring.add({ ...temporary, expiresAt: new Date(Date.now() + 60_000) });
    const answered = await list();
    stack.keyring.add({ ...temporary, expiresAt: new Date(Date.now() - 1) });
    const refused = await refusal(list());

    expect(answered).toMatchObject({ Buckets: [] });
    expect(refused).toEqual({ name: 'ExpiredToken', status: 400 });
  });

  it('refuses a clock that is far off, and a region that is not its own', async () => {
    const late = await startTestStack({ now: () => new Date(Date.now() + 16 * 60_000) });
    const stack = await startTestStack();

    // The client would set its clock right and ask again.
    const skewed = await refusal(late.s3({ maxAttempts: 1 }).send(new ListBucketsCommand({})));
    const foreign = await refusal(stack.s3({ region: 'us-west-2' }).send(new ListBucketsCommand({})));

    expect(skewed).toEqual({ name: 'RequestTimeTooSkewed', status: 403 });
    expect(foreign).toEqual({ name: 'AuthorizationHeaderMalformed', status: 400 });
  });

  it('refuses what is not signed, and a body that is not what was signed', async () => {
    const stack = await startTestStack();
    const s3 = await withObject(stack);
    s3.middlewareStack.add(
      (next) => async (input) => {
        // Behind the signature, on the way out.
        (input.request as { body: unknown }).body = 'jello';
        return next(input);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    );

    const unsigned = await fetch(`${stack.url}/${Bucket}/k`);
    const tampered = await refusal(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' })));
    const { ETag } = await stack.s3().send(new HeadObjectCommand({ Bucket, Key: 'k' }));

    expect(unsigned.status).toBe(403);
    expect(await unsigned.text()).toContain('<Code>AccessDenied</Code>');
    expect(tampered).toEqual({ name: 'XAmzContentSHA256Mismatch', status: 400 });
    expect(ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
  });

  it('makes a call fail in each way that it is told, once', async () => {
    const stack = await startTestStack();
    const s3 = await withObject(stack);
    const get = async (): Promise<string | undefined> => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      return Body?.transformToString();
    };
    const operation = 'GetObject';

    stack.faults.inject({ operation, fault: { kind: 'throttle' } });
    const throttled = await refusal(get());
    stack.faults.inject({ operation, fault: { kind: 'error', code: 'AccessDenied', status: 403, message: 'No.' } });
    const denied = await refusal(get());
    stack.faults.inject({ operation, fault: { kind: 'disconnect' } });
    const gone = await refusal(get());
    stack.faults.inject({ operation, fault: { kind: 'lose-answer' } });
    const lost = await refusal(get());
    stack.faults.inject({ operation, fault: { kind: 'cut-answer', afterBytes: 2 } });
    const cut = await get().catch((error: unknown) => error);
    const well = await get();

    expect([throttled, denied]).toEqual([
      { name: 'SlowDown', status: 503 },
      { name: 'AccessDenied', status: 403 },
    ]);
    expect([gone.status, lost.status]).toEqual([undefined, undefined]);
    expect(cut).toBeInstanceOf(Error);
    expect(well).toBe('hello');
  });

  it('counts calls, so that each in turn can be made to fail', async () => {
    const stack = await startTestStack();
    await withObject(stack);
    const { calls } = stack.faults;
    const names = calls.map(({ operation }) => operation);

    stack.faults.inject({ index: calls.length + 1, fault: { kind: 'throttle' } });
    const s3 = stack.s3();
    const answers = [];
    for (let turn = 0; turn < 3; turn += 1) {
      answers.push(
        await s3.send(new ListBucketsCommand({})).then(
          () => 'well',
          (error: Error) => error.name,
        ),
      );
    }

    expect(names).toEqual(['CreateBucket', 'PutObject']);
    expect(answers).toEqual(['well', 'SlowDown', 'well']);
  });

  it('says what it has no stand-in for', async () => {
    const stack = await startTestStack();
    const s3 = await withObject(stack);

    const refused = await refusal(s3.send(new GetObjectAclCommand({ Bucket, Key: 'k' })));

    expect(refused).toEqual({ name: 'NotImplemented', status: 501 });
  });
});
