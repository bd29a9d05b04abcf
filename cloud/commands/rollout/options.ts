import { brokerOptionSpecs } from '../broker-options.ts';
import type { ArgumentSpec, OptionSpec } from '../command.ts';

export const idArgument: ArgumentSpec = { name: 'id', description: 'the rollout: `name` in its plan' };
export const planArgument: ArgumentSpec = { name: 'plan', description: 'the plan: a YAML file' };

/** Of every verb that asks AWS. */
export const accountOptions: readonly OptionSpec[] = [
  { flags: '--bucket <name>', description: 'S3 bucket of the states; default: VERGE_BUCKET, or verge-ACCOUNT-REGION' },
  { flags: '--region <name>', description: 'AWS region; default: AWS_REGION, or that of the profile' },
];

const BROKER = ['--broker', '--user', '--password-file', '--ca', '--cert', '--key'];

/** Of every verb that carries a rollout on. */
export const runOptions: readonly OptionSpec[] = [
  ...accountOptions,
  ...brokerOptionSpecs
    .filter(({ flags }) => BROKER.includes(flags.split(' ')[0] ?? ''))
    .map(({ flags, description }) => ({
      flags,
      description: flags.startsWith('--broker') ? `${description}; default: VERGE_BROKER` : description,
    })),
  { flags: '--poll <seconds>', description: 'pause between two looks at the devices; default: 15' },
  {
    flags: '--notify <address>',
    description: 'https://… or the ARN of an SNS topic; may be repeated',
    repeatable: true,
  },
  { flags: '--report <folder>', description: 'writes the report here, too, when it ends' },
];

export const becauseOption: OptionSpec = { flags: '--because <text>', description: 'why, for the journal' };
export const detachOption: OptionSpec = {
  flags: '--detach',
  description: 'only writes it down, for the process that runs the rollout elsewhere',
};
