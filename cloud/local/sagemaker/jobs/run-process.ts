import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DescribeProcessingJobResponse, ProcessingInput } from '@aws-sdk/client-sagemaker';
import type { Logs } from '../../logs/logs.ts';
import { putFile } from '../../s3/put-file.ts';
import type { S3 } from '../../s3/service.ts';

/** What jobs of the stack run in. */
export interface JobHouse {
  /** Holds a folder for each job while it runs. */
  readonly folder: string;
  readonly s3: S3;
  readonly logs: Logs;
  /** What points a job at the stack, as SageMaker points it at AWS. */
  environment(): Readonly<Record<string, string>>;
}

export interface Outcome {
  /** Why it failed, as the service says it. */
  readonly failure: string | undefined;
  /** What the job left in `/opt/ml/output/message`. */
  readonly exit: { readonly ExitMessage?: string };
}

export const LOG_GROUP = '/aws/sagemaker/ProcessingJobs';
const HOME = '/opt/ml/processing';
const MAX_MESSAGE_LENGTH = 1024;
/** A job that is asked to stop has this long; SageMaker gives two minutes. */
const STOP_MS = 10_000;

/** Fills the folders of a job, runs its command, and empties them. Never rejects. */
export async function runProcess(
  job: DescribeProcessingJobResponse,
  house: JobHouse,
  signal: AbortSignal,
): Promise<Outcome> {
  const name = job.ProcessingJobName ?? '';
  const root = path.join(house.folder, name);
  try {
    await rm(root, { recursive: true, force: true });
    await mkdir(path.join(root, 'opt', 'ml', 'output'), { recursive: true });
    for (const input of job.ProcessingInputs ?? []) await fill(input, root, house.s3);
    const outputs = job.ProcessingOutputConfig?.Outputs ?? [];
    for (const { S3Output } of outputs) await mkdir(mapped(S3Output?.LocalPath ?? HOME, root), { recursive: true });
    const code = await runCommand(job, root, house, signal);
    const message = await readFile(path.join(root, 'opt', 'ml', 'output', 'message'), 'utf8').catch(() => '');
    const exit = message === '' ? {} : { ExitMessage: message.slice(0, MAX_MESSAGE_LENGTH) };
    // What a failed job left is uploaded, too.
    for (const { S3Output } of outputs) {
      if (S3Output) await empty(mapped(S3Output.LocalPath ?? HOME, root), S3Output.S3Uri ?? '', house.s3);
    }
    const failure = code === 0 ? undefined : `AlgorithmError: See job logs for more information, exit code: ${code}`;
    return { failure, exit };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { failure: `ClientError: ${why}`, exit: {} };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Paths of the container are below the job's own folder. */
function mapped(inside: string, root: string): string {
  return path.join(root, path.posix.normalize(`/${inside}`));
}

async function fill({ S3Input }: ProcessingInput, root: string, { store }: S3): Promise<void> {
  if (!S3Input?.LocalPath || !S3Input.S3Uri) return;
  const { bucket: name, key: prefix } = addressOf(S3Input.S3Uri);
  const bucket = store.bucket(name);
  const folder = mapped(S3Input.LocalPath, root);
  await mkdir(folder, { recursive: true });
  const found = bucket.objects().filter(({ key }) => key.startsWith(prefix) && !key.endsWith('/'));
  if (found.length === 0) throw new Error(`No S3 objects found under S3 URL "${S3Input.S3Uri}"`);
  for (const { key, blob } of found) {
    const inside = key === prefix ? path.posix.basename(key) : key.slice(prefix.length).replace(/^\//, '');
    const target = mapped(inside, folder);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(bucket.blobPath(blob), target);
  }
}

async function empty(folder: string, uri: string, s3: S3): Promise<void> {
  const { bucket, key: prefix } = addressOf(uri);
  const start = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    await putFile(s3, file, bucket, `${start}${path.relative(folder, file).split(path.sep).join('/')}`);
  }
}

function addressOf(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = uri.match(/^s3:\/\/([^/]+)\/?(.*)$/s) ?? [];
  return { bucket, key };
}

/** The exit code. Its lines go to the log, with its folders called what they are in the container. */
async function runCommand(
  { ProcessingJobName: name = '', AppSpecification, Environment = {} }: DescribeProcessingJobResponse,
  root: string,
  { logs, environment }: JobHouse,
  signal: AbortSignal,
): Promise<number> {
  const here = path.join(root, HOME);
  const toHere = (text: string): string => text.replaceAll(HOME, here);
  const [program = 'node', ...words] = [
    ...(AppSpecification?.ContainerEntrypoint ?? []),
    ...(AppSpecification?.ContainerArguments ?? []),
  ].map(toHere);
  const variables = Object.fromEntries(Object.entries(Environment).map(([key, value]) => [key, toHere(value)]));
  const temporary = path.join(root, 'tmp');
  await mkdir(temporary, { recursive: true });
  const child = spawn(program === 'node' ? process.execPath : program, words, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: root, TMPDIR: temporary, ...environment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const orphan = (): boolean => child.kill('SIGKILL');
  process.once('exit', orphan);
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killer = setTimeout(orphan, STOP_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const stream = `${name}/algo-1-${Math.floor(Date.now() / 1000)}`;
  for (const pipe of [child.stdout, child.stderr]) {
    createInterface(pipe).on('line', (line) => logs.append(LOG_GROUP, stream, line.replaceAll(here, HOME)));
  }
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 137));
    });
  } finally {
    clearTimeout(killer);
    signal.removeEventListener('abort', stop);
    process.off('exit', orphan);
  }
}
