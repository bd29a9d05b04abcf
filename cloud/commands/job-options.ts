import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { JobSurroundings } from '../processing/follow-job.ts';
import type { JobSettings } from '../processing/run-job.ts';
import type { CommandContext, OptionSpec } from './command.ts';
import { commandErrors } from './errors.ts';
import { textOption } from './options.ts';
import type { Progress } from './progress.ts';

/** The program that jobs run stands beside the built command line. */
export const JOB_PROGRAM = fileURLToPath(new URL('../job', import.meta.url));

const INSTANCE_TYPE = 'ml.m5.xlarge';

/** Options of every verb that can run as a job in the cloud. */
export const jobOptionSpecs: readonly OptionSpec[] = [
  {
    flags: '--on <where>',
    description: 'here (default), or sagemaker: as a Processing job beside the data; needs --image and --role',
  },
  {
    flags: '--image <uri>',
    description: 'with --on sagemaker: an image with Node 20 or later for 64-bit Intel and glibc',
  },
  {
    flags: '--role <arn>',
    description: 'role of the job: reads the model, writes to the bucket; default: VERGE_JOB_ROLE',
  },
  { flags: '--instance-type <type>', description: `with --on sagemaker; default: ${INSTANCE_TYPE}` },
  { flags: '--job-name <name>', description: 'with --on sagemaker; default: named by what decides the result' },
  {
    flags: '--bucket <name>',
    description: 'where jobs read and write; default: VERGE_BUCKET, or verge-ACCOUNT-REGION',
  },
];

const JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;

/** True where the command line says that the work is to be a job. @throws VergeError COMMAND_OPTION_INVALID */
export function runsOnSageMaker({ on }: CommandContext['options']): boolean {
  if (on === undefined || on === 'here') return false;
  if (on === 'sagemaker') return true;
  throw commandErrors.make('COMMAND_OPTION_INVALID', `--on ${String(on)} is neither here nor sagemaker`);
}

/** @throws VergeError COMMAND_OPTION_INVALID */
export function readRole({ options, environment }: Pick<CommandContext, 'options' | 'environment'>): string {
  const role = textOption(options.role) ?? environment.VERGE_JOB_ROLE ?? '';
  if (ROLE_ARN.test(role)) return role;
  const what =
    role === '' ? '--role is needed: the ARN of the role that the job has' : `--role ${role} is no ARN of a role`;
  throw commandErrors.make('COMMAND_OPTION_INVALID', what);
}

/** @param usualBucket asked only where nobody names one. @throws VergeError COMMAND_OPTION_INVALID */
export async function readJobSettings(
  context: Pick<CommandContext, 'options' | 'environment'>,
  usualBucket: () => Promise<string>,
): Promise<JobSettings> {
  const { options, environment } = context;
  const image = textOption(options.image);
  if (!image) throw commandErrors.make('COMMAND_OPTION_INVALID', '--on sagemaker needs --image: one with Node in it');
  const name = textOption(options.jobName);
  if (name !== undefined && !JOB_NAME.test(name)) {
    throw commandErrors.make('COMMAND_OPTION_INVALID', `--job-name ${name} is no name that SageMaker allows`);
  }
  const role = readRole(context);
  return {
    ...{ image, role, name, kmsKey: undefined },
    instanceType: textOption(options.instanceType) ?? INSTANCE_TYPE,
    bucket: textOption(options.bucket) ?? environment.VERGE_BUCKET ?? (await usualBucket()),
  };
}

export function jobSurroundings({ stderr, signal }: CommandContext, progress: Progress): JobSurroundings {
  return {
    signal,
    progress: (...told) => progress.update(...told),
    say(line) {
      progress.stop();
      stderr.write(`${line}\n`);
    },
    wait: async (ms) => {
      await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
    },
  };
}
