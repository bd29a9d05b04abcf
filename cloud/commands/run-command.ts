import { CommanderError, Option, Command as Program } from 'commander';
import { VergeError } from '../../component/contract/error.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { type WatchedOutput, watchOutput } from './output.ts';
import { printable } from './table.ts';

/** What a command line runs in. */
export type CommandEnvironment = Pick<CommandContext, 'stdout' | 'stderr' | 'environment' | 'signal'>;

const EXIT_USER = 2;
const EXIT_VERGE = 1;
/** As shells give it for a program that SIGINT ended. */
const EXIT_INTERRUPTED = 130;
/** As shells give it for a program that SIGPIPE ended. */
const EXIT_UNREAD = 141;

/**
 * Parses a command line (without `node` and the program), runs the verb and answers the exit code:
 * 0 done, 2 the user's to fix, 1 ours, 130 interrupted, 141 where whoever read what it says has gone. Errors are printed on
 * standard error, as JSON with `--json`.
 */
export async function runCommandLine(
  commands: readonly Command[],
  version: string,
  words: readonly string[],
  given: CommandEnvironment,
): Promise<number> {
  const output = watchOutput(given);
  const environment = { ...given, signal: output.signal };
  const exitCode = await runWords(commands, version, words, environment, output);
  const failure = await output.failure();
  if (failure === undefined) return exitCode;
  return failure.code === 'EPIPE' ? EXIT_UNREAD : reportFailure(diskFull(failure) ?? failure, false, environment);
}

async function runWords(
  commands: readonly Command[],
  version: string,
  words: readonly string[],
  environment: CommandEnvironment,
  output: WatchedOutput,
): Promise<number> {
  const program = new Program('verge')
    .description('Text models from SageMaker on AWS IoT Greengrass devices')
    .version(version)
    .exitOverride()
    .configureOutput(outputOf(environment));
  const ended = { exitCode: 0 };
  for (const command of commands) {
    const parent = command.name.includes(' ')
      ? familyOf(program, command.name.split(' ')[0] ?? '', environment)
      : program;
    parent.addCommand(makeProgram(command, environment, ended), { hidden: false });
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
    return ended.exitCode;
  } catch (error) {
    if (await output.failure()) return EXIT_VERGE; // which is what is told
    const json = words.includes('--json');
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (json) writeError('USAGE', error.message.replace(/^error: /, ''), environment);
      return EXIT_USER;
    }
    if (environment.signal.aborted && error === environment.signal.reason) {
      if (json) writeError('INTERRUPTED', 'stopped before the end', environment);
      environment.stderr.write('verge: interrupted.\n');
      return EXIT_INTERRUPTED;
    }
    return reportFailure(diskFull(error) ?? error, json, environment);
  }
}

function outputOf({ stdout, stderr }: CommandEnvironment) {
  return { writeOut: (text: string) => stdout.write(text), writeErr: (text: string) => stderr.write(text) };
}

/** What a family of verbs is about, by its name: `verge rollout start` is a verb of the family `rollout`. */
const FAMILIES: Readonly<Record<string, string>> = {
  rollout: 'Bring a version to the fleet in waves, gated on what devices report',
};

function familyOf(program: Program, name: string, environment: CommandEnvironment): Program {
  const there = program.commands.find((one) => one.name() === name);
  if (there) return there;
  const made = program.command(name).exitOverride().configureOutput(outputOf(environment));
  return made.description(FAMILIES[name] ?? '');
}

function makeProgram(command: Command, environment: CommandEnvironment, ended: { exitCode: number }): Program {
  const program = new Program(command.name.split(' ').at(-1))
    .description(command.summary)
    .exitOverride()
    .configureOutput(outputOf(environment)); // a verb does not take it over from the program
  for (const argument of command.arguments) {
    const name = argument.variadic ? `${argument.name}...` : argument.name;
    program.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.description);
  }
  for (const option of command.options) {
    const made = new Option(option.flags, option.description);
    if (option.required) made.makeOptionMandatory();
    if (option.repeatable) made.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
    program.addOption(made);
  }
  const { jsonDescription = 'one JSON document on standard output, progress on standard error' } = command;
  program.option('--json', jsonDescription);
  program.addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  $ ${line}`).join('\n')}`);
  program.action(async (...received: unknown[]) => {
    const options = program.opts();
    const code: unknown = await command.run({
      ...environment,
      arguments: received.slice(0, command.arguments.length).flat() as (string | undefined)[], // commander hands strings
      options,
      json: options.json === true,
    });
    if (typeof code === 'number') ended.exitCode = code;
  });
  return program;
}

/** A full disk may be met anywhere; it is never a bug. */
function diskFull(error: unknown): VergeError | undefined {
  if (error instanceof VergeError || !(error instanceof Error && 'code' in error)) return undefined;
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return undefined;
  return commandErrors.make('COMMAND_DISK_FULL', `The disk is full (${error.message})`, error);
}

/** Whoever asked for JSON gets one document, whatever happens. */
function writeError(code: string, message: string, { stdout }: CommandEnvironment): void {
  stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
}

function reportFailure(error: unknown, json: boolean, environment: CommandEnvironment): number {
  const known = error instanceof VergeError ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  if (json) writeError(code, message, environment);
  // A message may hold names from hostile files.
  environment.stderr.write(`verge: ${printable(message)} [${code}]\n`);
  if (known?.fault !== 'user' && error instanceof Error) environment.stderr.write(`${error.stack ?? ''}\n`);
  return known?.fault === 'user' ? EXIT_USER : EXIT_VERGE;
}
