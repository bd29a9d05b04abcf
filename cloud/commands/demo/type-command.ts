import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text as collected } from 'node:stream/consumers';
import { vergeVersion } from '../../../component/version.ts';
import { demoErrors } from '../../demo/errors.ts';
import { compileCommand } from '../compile.ts';
import type { Progress } from '../progress.ts';
import { publishCommand } from '../publish.ts';
import { rolloutStartCommand } from '../rollout-start.ts';
import { runCommandLine } from '../run-command.ts';

export interface TypingOptions {
  /** Names in it are shown as they are seen from it. */
  readonly folder: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Answers what the command printed on standard output. @throws VergeError DEMO_FLEET_ENDED where it ends otherwise */
export type TypeCommand = (exitCode: number, words: readonly string[]) => Promise<string>;

const COMMANDS = [compileCommand, publishCommand, rolloutStartCommand];

/** Runs a command line of `verge` and shows it; what a rollout says of itself is shown as it comes. */
export async function typeCommand(
  expected: number,
  words: readonly string[],
  { signal, say, progress, folder }: TypingOptions,
): Promise<string> {
  progress.stop();
  const shown = words.map((word) => (path.isAbsolute(word) ? shortest(folder, word) : word));
  say(`   $ verge ${shown.join(' ')}\n`);
  const stdout = new PassThrough();
  const printed = collected(stdout);
  let complaint = 'without a word';
  const stderr = eachLine((line) => {
    if (line.startsWith('verge: ')) complaint = line;
    if (words[0] === 'rollout') say(`     ${line}\n`);
  });
  const environment = process.env;
  const exitCode = await runCommandLine(COMMANDS, vergeVersion, words, { stdout, stderr, signal, environment });
  signal.throwIfAborted();
  stdout.end();
  if (exitCode === expected) return printed;
  const what = `verge ${shown.join(' ')} ended with ${exitCode}, not with ${expected} (${complaint})`;
  throw demoErrors.make('DEMO_FLEET_ENDED', what);
}

/** As a person in either folder would write it. */
function shortest(folder: string, file: string): string {
  const [here, there] = [path.relative(folder, file), path.relative('.', file)];
  return here.startsWith('..') ? there : here;
}

function eachLine(onLine: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const parts = `${rest}${chunk.toString('utf8')}`.split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) onLine(line);
      done();
    },
  });
}
