import { CommanderError, Option, Command as Program } from 'commander';
import { VergeError } from '../../component/contract/error.ts';
import type { Command, CommandContext } from './command.ts';

/** What a command line runs in. */
export type CommandEnvironment = Pick<CommandContext, 'stdout' | 'stderr' | 'environment' | 'signal'>;

const EXIT_USER = 2;
const EXIT_VERGE = 1;

/**
 * Parses a command line (without `node` and the program), runs the verb and answers the exit code:
 * 0 done, 2 the user's to fix, 1 ours. Errors are printed on standard error, as JSON with `--json`.
 */
export async function runCommandLine(
  commands: readonly Command[],
  version: string,
  words: readonly string[],
  environment: CommandEnvironment,
): Promise<number> {
  const program = new Program('verge')
    .description('Text models from SageMaker on AWS IoT Greengrass devices')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: (text) => environment.stderr.write(text),
    });
  const ended = { exitCode: 0 };
  for (const command of commands) program.addCommand(makeProgram(command, environment, ended), { hidden: false });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return ended.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USER;
    return reportFailure(error, words.includes('--json'), environment);
  }
}

function makeProgram(command: Command, environment: CommandEnvironment, ended: { exitCode: number }): Program {
  const program = new Program(command.name).description(command.summary).exitOverride();
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
  program.option('--json', 'one JSON document on standard output, progress on standard error');
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

function reportFailure(error: unknown, json: boolean, environment: CommandEnvironment): number {
  const known = error instanceof VergeError ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  if (json) environment.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  environment.stderr.write(`verge: ${message} [${code}]\n`);
  if (known?.fault !== 'user' && error instanceof Error) environment.stderr.write(`${error.stack ?? ''}\n`);
  return known?.fault === 'user' ? EXIT_USER : EXIT_VERGE;
}
