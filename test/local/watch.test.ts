import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../../cloud/commands/run-command.ts';
import { watchCommand } from '../../cloud/commands/watch.ts';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import { startDevice } from '../support/device.ts';
import { lastWill, OVEN } from '../support/messages.ts';
import { repositoryPath } from '../support/paths.ts';

interface Watch {
  readonly code: Promise<number>;
  readonly stdout: PassThrough;
  /** Everything written so far. */
  out(): string;
  err(): string;
  /** Resolves when standard output holds the words. */
  shows(words: string): Promise<void>;
  interrupt(): void;
}

let broker: Broker;

beforeEach(async () => {
  broker = await startBroker({ port: 0, host: '127.0.0.1' });
  return () => broker.close();
});

function watch(words: readonly string[], terminal = false): Watch {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (terminal) Object.assign(stdout, { isTTY: true, columns: 100, rows: 20 });
  let [out, err] = ['', ''];
  let look = (): void => undefined;
  stdout.on('data', (chunk) => {
    out += String(chunk);
    look();
  });
  stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const line = ['watch', '--broker', broker.url, ...words];
  return {
    code: runCommandLine([watchCommand], '0', line, { stdout, stderr, environment: {}, signal: abort.signal }),
    stdout,
    out: () => out,
    err: () => err,
    shows: (found) =>
      new Promise((resolve) => {
        look = () => out.includes(found) && resolve();
        look();
      }),
    interrupt: () => abort.abort(),
  };
}

describe('verge watch', () => {
  it('prints a line for each result on a pipe, and stops by itself after a count', async () => {
    const watched = watch(['--count', '5']);
    await watched.shows('link: connected');
    const device = await startDevice(broker.url, OVEN, 1);

    await device.answer(['a', 'b', 'c', 'd', 'e', 'f']);

    expect(await watched.code).toBe(0);
    const results = watched
      .out()
      .split('\n')
      .filter((line) => line.includes('bakeries/oven-17'));
    expect(results.map((line) => line.split('  ')[2])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(watched.err()).toMatch(/^5 results · 0 messages missing .* 1 thing in /);
  });

  it('prints JSON lines, and only those', async () => {
    const watched = watch(['--json', '--count', '2']);
    await watched.shows('connected');
    const device = await startDevice(broker.url, OVEN, 2);
    await device.send('dt/verge/bakeries/oven-17/health', lastWill());
    await device.send('dt/verge/bakeries/oven-17/result', Buffer.from('nonsense\u001b[2J'));
    await device.answer(['a', 'b']);

    expect(await watched.code).toBe(0);
    const kinds = watched
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    expect(kinds).toEqual(['link', 'health', 'malformed', 'result', 'result']);
  });

  it('draws a table on a terminal, and ends with a summary when it is interrupted', async () => {
    const watched = watch([], true);
    await watched.shows('connected');
    const device = await startDevice(broker.url, OVEN, 1);
    await device.answer(['call-9']);
    await watched.shows('call-9');

    watched.interrupt();

    expect(await watched.code).toBe(0);
    expect(watched.out().trimEnd().split('\n').at(-1)).toMatch(/1 result · 0 messages missing .* 1 thing in /);
    expect(watched.err()).toBe('');
  });

  it('stops by itself after a time', async () => {
    const watched = watch(['--for', '0.01']);

    expect(await watched.code).toBe(0);
    expect(watched.err()).toMatch(/^0 results/);
  });

  it('ends quietly when whoever reads has gone', async () => {
    const watched = watch([]);
    await watched.shows('connected');

    watched.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));

    expect(await watched.code).toBe(141);
  });

  it.each([
    [['--count', '0'], /--count 0 is no number/],
    [['--fleet', '+'], /fleet "\+"/],
    [['--password-file', '/nowhere'], /--password-file \/nowhere cannot be read/],
    [['--ca', repositoryPath('package.json')], /no PEM/],
    [['--cert', repositoryPath('package.json')], /go together/],
  ])('says of %j what is wrong', async (words, sentence) => {
    const watched = watch(words);

    expect(await watched.code).toBe(2);
    expect(watched.err()).toMatch(sentence);
    expect(watched.out()).toBe('');
  });

  it('takes a password from a file without its line feed, and shows no credentials', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-watch-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, 'password'), 'secret\n');
    const watched = watch(['--user', 'ops', '--password-file', path.join(folder, 'password')], true);
    await watched.shows('connected');

    watched.interrupt();

    expect(await watched.code).toBe(0);
    expect(watched.out()).not.toContain('secret');
  });

  it('as its own process ends with code 0 at SIGINT', async () => {
    const program = execFile(process.execPath, [
      repositoryPath('dist/cloud/verge.js'),
      'watch',
      '--broker',
      broker.url,
    ]);
    onTestFinished(() => {
      program.kill('SIGKILL');
    });
    const ended = new Promise<number | null>((resolve) => program.on('exit', resolve));
    program.stdout?.once('data', () => program.kill('SIGINT'));

    const code = await ended;

    expect(code).toBe(0);
  });
});
