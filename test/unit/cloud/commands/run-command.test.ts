import { writeFile } from 'node:fs/promises';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../cloud/commands/command.ts';
import { writePiece } from '../../../../cloud/commands/output.ts';
import { runCommandLine } from '../../../../cloud/commands/run-command.ts';

function commandThat(run: Command['run']): Command {
  return { name: 'try', summary: 'tries', arguments: [], options: [], examples: [], run };
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

async function outcomeOf(
  run: Command['run'],
  signal = new AbortController().signal,
  stdout: Writable = new PassThrough(),
) {
  const stderr = new PassThrough();
  const exitCode = await runCommandLine([commandThat(run)], '0.0.0', ['try'], {
    stdout,
    stderr,
    environment: {},
    signal,
  });
  stderr.end();
  return { exitCode, said: await text(stderr) };
}

describe('runCommandLine', () => {
  it('tells of a full disk as what it is, wherever it is met', async () => {
    const { exitCode, said } = await outcomeOf(() => writeFile('/dev/full', 'text'));

    expect(exitCode).toBe(2);
    expect(said).toMatch(/^verge: The disk is full \(ENOSPC: .*\)\. Make room there, .*\. \[COMMAND_DISK_FULL\]\n$/);
  });

  it('tells of a bug with its stack', async () => {
    const { exitCode, said } = await outcomeOf((): Promise<void> => Promise.reject(new TypeError('x is undefined')));

    expect(exitCode).toBe(1);
    expect(said).toMatch(/^verge: x is undefined \[INTERNAL\]\nTypeError: x is undefined\n {4}at /);
  });

  it('tells of an interruption in a word', async () => {
    const abort = new AbortController();
    const run: Command['run'] = async ({ signal }) => {
      abort.abort();
      signal.throwIfAborted();
    };

    const outcome = await outcomeOf(run, abort.signal);

    expect(outcome).toEqual({ exitCode: 130, said: 'verge: interrupted.\n' });
  });

  it('ends a verb quietly where whoever reads has gone, whatever the verb makes of it', async () => {
    const stdout = new Writable({ write: (_piece, _encoding, done) => done(errorOf('EPIPE')) });
    const endless: Command['run'] = async (context) => {
      for (;;) await writePiece(context, 'row\n'.repeat(10_000));
    };

    const outcome = await outcomeOf(endless, new AbortController().signal, stdout);

    expect(outcome).toEqual({ exitCode: 141, said: '' });
  });

  it('tells of a full disk under its output, after the verb has ended well', async () => {
    const stdout = new Writable({ write: (_piece, _encoding, done) => done(errorOf('ENOSPC')) });
    const run: Command['run'] = async (context) => {
      context.stdout.write('the only row\n');
    };

    const { exitCode, said } = await outcomeOf(run, new AbortController().signal, stdout);

    expect(exitCode).toBe(2);
    expect(said).toContain('[COMMAND_DISK_FULL]');
  });

  it('does not take a failure of its own for an interruption', async () => {
    const outcome = await outcomeOf((): Promise<void> => Promise.reject(new Error('broken')), AbortSignal.abort());

    expect(outcome.exitCode).toBe(1);
  });
});
