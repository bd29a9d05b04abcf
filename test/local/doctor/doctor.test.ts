import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { doctorCommand } from '../../../cloud/commands/doctor.ts';
import { runCommandLine } from '../../../cloud/commands/run-command.ts';
import { examine } from '../../../cloud/doctor/examine.ts';
import { type Grant, iamService } from '../../../cloud/local/iam/iam.ts';
import { type GivenQuota, serviceQuotasService } from '../../../cloud/local/service-quotas/service-quotas.ts';
import { testAccountId, testRegion } from '../../support/aws-stack.ts';
import type { GreengrassStack } from '../../support/greengrass-stack.ts';
import {
  openTestPublishing,
  publicationOf,
  publish,
  startPublishingStack,
  testBucket,
} from '../../support/publishing.ts';

const place = { region: testRegion, account: testAccountId };
const granted: Grant[] = [
  { actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${testBucket}/verge/*`] },
  { actions: ['s3:GetBucketLocation'], resources: [`arn:aws:s3:::${testBucket}`] },
];

const allowed: GivenQuota[] = [
  { service: 'greengrass', name: 'Component versions', value: 10 },
  { service: 'sagemaker', name: 'ml.m5.xlarge for processing job usage', value: 1 },
];

function startStack(grants = granted, quotas = allowed): Promise<GreengrassStack> {
  const services = [iamService(place, new Map([['Devices', grants]])), serviceQuotasService(place, quotas)];
  return startPublishingStack({ services });
}

async function doctor({ environment }: GreengrassStack, ...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const all = ['doctor', '--json', '--bucket', testBucket, '--role', 'Devices', ...words];
  const signal = new AbortController().signal;
  const code = await runCommandLine([doctorCommand], '0.0.0', all, { stdout, stderr, environment, signal });
  stdout.end();
  const said = JSON.parse(await text(stdout)) as {
    findings: { check: string; state: string; what: string; next?: string }[];
  };
  const states = Object.fromEntries(said.findings.map(({ check, state }) => [check, state]));
  return {
    code,
    states,
    all: said.findings,
    next: said.findings.filter(({ state }) => state === 'failed').map((finding) => finding.next),
  };
}

describe('verge doctor', () => {
  it('finds nothing in the way where everything is there', async () => {
    const stack = await startStack();

    const outcome = await doctor(stack);

    const all = ['identity', 'clock', 'region', 'bucket', 'role', 'policy', 'quotas'];
    expect(outcome).toMatchObject({ code: 0, states: Object.fromEntries(all.map((check) => [check, 'ok'])), next: [] });
  });

  it('says one thing to do for the bucket, for the role and for its policy', async () => {
    const stack = await startStack(granted.slice(0, 1));

    const bucket = await doctor(stack, '--bucket', 'verge-absent');
    const role = await doctor(stack, '--role', 'Nobody');
    const policy = await doctor(stack);

    expect([bucket.code, role.code, policy.code]).toEqual([2, 2, 2]);
    expect(bucket.states.bucket).toBe('failed');
    expect(bucket.next[0]).toContain('docs/cloudformation/verge.yaml');
    expect(role.states).toMatchObject({ role: 'failed', bucket: 'ok' });
    expect(role.next).toEqual([expect.stringContaining('--role')]);
    expect(policy.states).toMatchObject({ role: 'ok', policy: 'failed' });
    expect(policy.next).toEqual([expect.stringContaining('Attach the device policy')]);
  });

  it('says when component versions are used up, and that processing jobs have no instance', async () => {
    const few = allowed.map((quota) => ({ ...quota, value: quota.service === 'greengrass' ? 2 : 0 }));
    const stack = await startStack(granted, few);
    const publishing = await openTestPublishing();
    await publish(stack, await publicationOf('one', 1000, '1.0.0'), publishing);
    await publish(stack, await publicationOf('two', 1000, '1.1.0'), publishing);

    const outcome = await doctor(stack);

    expect(outcome).toMatchObject({ code: 2, next: [expect.stringContaining('Delete versions')] });
    expect(outcome.all).toContainEqual(
      expect.objectContaining({ check: 'quotas', state: 'unknown', next: expect.stringContaining('--on sagemaker') }),
    );
  });

  it('goes on where nobody may ask for quotas', async () => {
    const stack = await startStack();
    stack.faults.inject({
      operation: 'ListServiceQuotas',
      fault: { kind: 'error', code: 'AccessDeniedException', status: 400, message: 'no' },
    });

    const outcome = await doctor(stack);

    expect(outcome).toMatchObject({ code: 0, states: { quotas: 'unknown' } });
  });

  it('stops at credentials that nobody knows', async () => {
    const stack = await startStack();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIANOBODY0000000000');

    const outcome = await doctor(stack);

    expect(outcome).toMatchObject({
      code: 2,
      states: { identity: 'failed' },
      next: [expect.stringContaining('access key')],
    });
  });

  it('tells a bucket in another region, and does not blame a role that it may not look at', async () => {
    const stack = await startStack();
    const denied = { kind: 'error', code: 'AccessDenied', status: 403, message: 'not you' } as const;
    stack.faults.inject({ operation: 'SimulatePrincipalPolicy', fault: denied });
    stack.faults.inject({ operation: 'HeadBucket', fault: { ...denied, code: 'PermanentRedirect', status: 301 } });

    const outcome = await doctor(stack);

    expect(outcome.states).toMatchObject({ bucket: 'failed', role: 'unknown' });
    expect(outcome.next).toEqual([expect.stringContaining('region')]);
  });

  it('tells a clock that is off', async () => {
    const identity = {
      arn: 'arn:aws:iam::1:user/x',
      account: '1',
      partition: 'aws',
      region: 'eu-west-1',
      clockAheadMs: 90_000,
    };
    const findings = await examine(
      {
        identity: async () => identity,
        bucketRegion: async () => 'eu-west-1',
        listComponents: async () => {},
        denied: async () => [],
        quotas: async () => ({ componentVersions: { count: 0, atLeast: false }, quotas: [] }),
        close() {},
      },
      { bucket: undefined, role: 'Devices' },
    );

    expect(findings.find(({ check }) => check === 'clock')).toMatchObject({
      state: 'failed',
      what: expect.stringContaining('90 s behind AWS'),
    });
    expect(findings.find(({ check }) => check === 'bucket')?.what).toContain('verge-1-eu-west-1');
  });
});
