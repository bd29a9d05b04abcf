import { VergeError } from '../../component/contract/error.ts';
import type { AccountView } from '../aws/account.ts';

/** What one look at an account came to. */
export interface Finding {
  readonly check: 'identity' | 'clock' | 'region' | 'bucket' | 'role' | 'policy' | 'quotas';
  /** `unknown`: it could not be looked at, and nothing may be wrong. */
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly what: string;
  /** The one thing to do. */
  readonly next?: string;
}

export interface Subject {
  /** Default: `verge-ACCOUNT-REGION`. */
  readonly bucket: string | undefined;
  /** Name of the token-exchange role. */
  readonly role: string;
}

/** AWS takes no request that is five minutes off; a minute is a clock that nobody sets. */
const MAX_CLOCK_MS = 60_000;
const STACK = 'Create the stack of docs/cloudformation/verge.yaml';

/** Looks at an account, in the order in which things are needed; stops where nothing further can be asked. */
export async function examine(view: AccountView, { role, ...subject }: Subject): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const add = (finding: Finding): number => findings.push(finding);
  const identity = await attempt('identity', view.identity());
  if ('state' in identity) return [identity];
  const { arn, account, partition, region, clockAheadMs } = identity;
  add({ check: 'identity', state: 'ok', what: arn });
  const clock = `${Math.round(Math.abs(clockAheadMs) / 1000)} s ${clockAheadMs < 0 ? 'ahead of' : 'behind'} AWS`;
  if (Math.abs(clockAheadMs) <= MAX_CLOCK_MS) add({ check: 'clock', state: 'ok', what: clock });
  else add({ check: 'clock', state: 'failed', what: `This clock is ${clock}`, next: 'Set the clock of this machine' });

  const listed = await attempt(
    'region',
    view.listComponents().then(() => ({})),
  );
  add('state' in listed ? listed : { check: 'region', state: 'ok', what: `Greengrass answers in ${region}` });

  const bucket = subject.bucket ?? `verge-${account}-${region}`;
  const found = await attempt(
    'bucket',
    view.bucketRegion(bucket).then((home) => ({ home })),
  );
  add('state' in found ? found : judgeBucket(bucket, found.home, region));

  const roleArn = `arn:${partition}:iam::${account}:role/${role}`;
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const wishes = [
    { action: 's3:GetObject', resource: `${bucketArn}/verge/*` },
    { action: 's3:GetBucketLocation', resource: bucketArn },
  ]; // fact G9
  const denied = await attempt(
    'role',
    view.denied(roleArn, wishes).then((missing) => ({ missing })),
  );
  if ('state' in denied) {
    // Few may ask IAM, and devices work all the same.
    add({ ...denied, state: 'unknown' });
  } else if (denied.missing === undefined) {
    const next = 'Give the name of your token-exchange role with --role, or set Greengrass up with one';
    add({ check: 'role', state: 'failed', what: `There is no role ${role}`, next });
  } else {
    add({ check: 'role', state: 'ok', what: roleArn });
    const missing = denied.missing.map(({ action, resource }) => `${action} on ${resource}`);
    const next = `Attach the device policy of docs/cloudformation/verge.yaml to ${role}`;
    if (missing.length === 0) add({ check: 'policy', state: 'ok', what: `Devices may download from ${bucket}` });
    else add({ check: 'policy', state: 'failed', what: `Devices may not ${missing.join(', nor ')}`, next });
  }
  findings.push(...(await examineQuotas(view)));
  return findings;
}

/** How much of a quota may be used before it is worth a word. */
const FULL = 0.9;

/**
 * Quotas that Verge meets: each published version is a component version that stays, and new accounts often may run no
 * processing instance at all, which only `--on sagemaker` needs.
 */
async function examineQuotas(view: AccountView): Promise<readonly Finding[]> {
  const check = 'quotas';
  const read = await attempt(check, view.quotas());
  // Few may ask Service Quotas, and everything works all the same.
  if ('state' in read) return [{ ...read, state: 'unknown' }];
  const { componentVersions: used, quotas } = read;
  const versions = quotas.find(({ service, name }) => service === 'greengrass' && /component versions?/i.test(name));
  const instances = quotas.find(({ service }) => service === 'sagemaker');
  const findings: Finding[] = [];
  const counted = `${used.count}${used.atLeast ? ' or more' : ''}`;
  if (!versions)
    findings.push({ check, state: 'ok', what: `${counted} component versions; AWS names no quota for them` });
  else {
    const what = `${counted} of ${versions.value} component versions`;
    const next = 'Delete versions that no deployment uses, or ask for more in Service Quotas (AWS IoT Greengrass)';
    if (used.count < versions.value * FULL) findings.push({ check, state: 'ok', what });
    else findings.push({ check, state: 'failed', what, next });
  }
  if (instances?.value === 0) {
    const next = `For --on sagemaker, ask for \`${instances.name}\` in Service Quotas (Amazon SageMaker)`;
    findings.push({ check, state: 'unknown', what: `No ${instances.name} is allowed`, next });
  } else if (instances) findings.push({ check, state: 'ok', what: `${instances.value} at once: ${instances.name}` });
  return findings;
}

function judgeBucket(bucket: string, home: string | undefined, region: string): Finding {
  const check = 'bucket';
  if (home === undefined) {
    return {
      check,
      state: 'failed',
      what: `There is no bucket ${bucket}`,
      next: `${STACK}, or name yours with --bucket`,
    };
  }
  if (home === region) return { check, state: 'ok', what: `${bucket} in ${home}` };
  const next = `Work in ${home} (AWS_REGION), or name a bucket of ${region}: components take no other`;
  return { check, state: 'failed', what: `${bucket} is in ${home}, not in ${region}`, next };
}

/** The answer, or the finding that there is none. */
async function attempt<Answer extends object>(
  check: Finding['check'],
  asked: Promise<Answer>,
): Promise<Answer | Finding> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof VergeError)) throw error;
    return { check, state: 'failed', what: error.what, next: error.next };
  }
}
