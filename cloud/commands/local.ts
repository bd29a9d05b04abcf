import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bringDown, bringUp, logOf, runningStack, statusOf } from '../local/stack/background.ts';
import { readState } from '../local/stack/state.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { asShell, environmentOf } from './local/environment.ts';
import { describeStack } from './local/report.ts';
import { integerOption, listOption, textOption } from './options.ts';
import { startProgress } from './progress.ts';

/** The built process of the stack stands beside the built command line. */
const PROGRAM = fileURLToPath(new URL('./local-stack.js', import.meta.url));
const FOLDER = path.join('.verge', 'local');
const REGION = 'eu-west-1';
const EXIT_DOWN = 2;
/** Cores are cheap; the runtime on each is a process with a model. */
const MAX_DEVICES = 100;

/** One thing that can be done with the stack. @returns an exit code where its finding is bad news */
type Action = (context: CommandContext, folder: string, words: readonly string[]) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  up,
  down,
  status,
  env,
  'add-training-job': addJob,
};

export const localCommand: Command = {
  name: 'local',
  summary:
    'The cloud on this machine: S3, SageMaker, IoT and Greengrass V2 endpoints, a broker and devices; no account',
  arguments: [
    {
      name: 'action',
      description: 'up, down, status, env (variables that point any AWS tool at it), or add-training-job NAME ARCHIVE',
    },
    { name: 'words', description: 'of add-training-job: a name and a model.tar.gz', optional: true, variadic: true },
  ],
  options: [
    { flags: '--folder <folder>', description: `what the stack knows lives there; default: ${FOLDER}` },
    {
      flags: '--devices <count>',
      description: 'of up: so many local Greengrass cores run; default: those that ran before, at first none',
    },
    { flags: '--lite', description: 'of up: new devices have nucleus lite; default: the Java nucleus' },
    { flags: '--region <name>', description: `of a new stack: the AWS region that it plays; default: ${REGION}` },
    {
      flags: '--metric <name=value>',
      description: 'of a training job: a final metric; may be repeated',
      repeatable: true,
    },
    {
      flags: '--hyperparameter <name=value>',
      description: 'of a training job: what it was trained with; may be repeated',
      repeatable: true,
    },
  ],
  examples: [
    'verge local up --devices 2 --lite',
    'eval "$(verge local env)"',
    'verge local add-training-job intents-1 model.tar.gz --metric eval:accuracy=0.96',
    'verge local status --json',
    'verge local down',
  ],
  async run(context) {
    const [name = '', ...words] = context.arguments.filter((word) => word !== undefined);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    const most = name === 'add-training-job' ? 2 : 0;
    if (!action || words.length > most) {
      const wrong = action
        ? `local ${name} takes no ${JSON.stringify(words[most])}`
        : `${JSON.stringify(name)} is none`;
      throw commandErrors.make('COMMAND_ACTION_UNKNOWN', `${wrong} of ${Object.keys(actions).join(', ')}`);
    }
    return action(context, textOption(context.options.folder) ?? FOLDER, words);
  },
};

async function up(context: CommandContext, folder: string): Promise<number> {
  const { options, json, stdout, stderr, signal } = context;
  const progress = startProgress(stderr);
  try {
    progress.update('start the stack');
    const region = textOption(options.region) ?? REGION;
    const devices = integerOption(options.devices, '--devices', 0, MAX_DEVICES);
    const wanted = { devices, nucleus: options.lite === true ? ('lite' as const) : ('java' as const) };
    const { started, stalePid, stack } = await bringUp({ folder, program: PROGRAM, region, wanted, signal });
    progress.stop();
    if (stalePid !== undefined) {
      stderr.write(
        `verge: an earlier stack (process ${stalePid}) had ended without a word; what it knew is taken up.\n`,
      );
    }
    if (!started && devices !== undefined && devices !== stack.devices.length) {
      stderr.write(`verge: it has ${stack.devices.length} devices; for ${devices}, let it go down and up again.\n`);
    }
    if (json) stdout.write(`${JSON.stringify({ started, ...stack })}\n`);
    else stdout.write(`${started ? '' : 'It is up already.\n'}${describeStack(stack, logOf(folder))}${next(folder)}`);
    return 0;
  } finally {
    progress.stop();
  }
}

async function down({ json, stdout, signal }: CommandContext, folder: string): Promise<number> {
  const ended = await bringDown({ folder, signal });
  if (json) stdout.write(`${JSON.stringify({ ended })}\n`);
  else stdout.write(ended ? `Down. What it knew stays in ${folder}.\n` : `No stack is up in ${folder}.\n`);
  return 0;
}

async function status({ json, stdout }: CommandContext, folder: string): Promise<number> {
  const found = await statusOf(folder);
  if (json) stdout.write(`${JSON.stringify(found)}\n`);
  else if (found.state === 'up') stdout.write(describeStack(found, logOf(folder)));
  else
    stdout.write(`The stack in ${folder} is ${found.state}.${found.state === 'down' ? ' Next: verge local up' : ''}\n`);
  return found.state === 'up' ? 0 : EXIT_DOWN;
}

async function env({ json, stdout, environment }: CommandContext, folder: string): Promise<number> {
  const stack = await runningStack(folder);
  const state = readState(folder);
  if (!state) return EXIT_DOWN;
  const variables = environmentOf(stack, state, environment);
  stdout.write(json ? `${JSON.stringify(variables)}\n` : asShell(variables));
  return 0;
}

async function addJob(context: CommandContext, folder: string, [name, archive]: readonly string[]): Promise<number> {
  const { options, json, stdout, stderr, signal } = context;
  if (name === undefined || archive === undefined) {
    throw commandErrors.make('COMMAND_ACTION_UNKNOWN', 'local add-training-job takes a name and a model.tar.gz');
  }
  // The SDK takes time to load, and no other action should wait for it.
  const { addTrainingJob } = await import('./local/add-training-job.ts');
  const progress = startProgress(stderr);
  try {
    const metrics = listOption(options.metric);
    const hyperParameters = listOption(options.hyperparameter);
    const added = await addTrainingJob({ folder, name, archive, metrics, hyperParameters }, progress, signal);
    progress.stop();
    if (json) stdout.write(`${JSON.stringify(added)}\n`);
    else stdout.write(`Added ${added.arn}\nNext: verge compile training-job:${name} --out bundle\n`);
    return 0;
  } finally {
    progress.stop();
  }
}

function next(folder: string): string {
  const option = folder === FOLDER ? '' : ` --folder ${folder}`;
  return `Next: eval "$(npx verge local env${option})" points this shell, and every AWS tool in it, at the stack.\n`;
}
