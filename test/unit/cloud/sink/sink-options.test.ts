import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../../cloud/commands/run-command.ts';
import { sinkCommand } from '../../../../cloud/commands/sink.ts';
import { parseTarget } from '../../../../cloud/sink/open-store.ts';

const BROKER = ['--broker', 'mqtt://127.0.0.1:1'];
const FILE = ['--to', 'duckdb:/nowhere/at/all.duckdb'];

async function sink(words: readonly string[]): Promise<{ code: number; err: string }> {
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough()];
  let err = '';
  stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const { signal } = new AbortController();
  const code = await runCommandLine([sinkCommand], '0', ['sink', ...words], {
    stdout,
    stderr,
    environment: {},
    signal,
  });
  return { code, err };
}

describe('the target of a sink', () => {
  it('is a DuckDB file or a PostgreSQL database', () => {
    const targets = ['duckdb:a b.duckdb', 'postgres://u@h/d', 'postgresql://u@h/d'].map(parseTarget);

    expect(targets).toEqual([
      { kind: 'duckdb', file: 'a b.duckdb' },
      { kind: 'postgres', url: 'postgres://u@h/d' },
      { kind: 'postgres', url: 'postgresql://u@h/d' },
    ]);
  });

  it.each(['', 'duckdb:', 'duckdb::memory:', 'mysql://u:secret@h/d', 'verge.duckdb'])(
    'is not %j, which is refused without quoting what may be a password',
    (value) => {
      expect(() => parseTarget(value)).toThrowError(expect.objectContaining({ code: 'SINK_TARGET_INVALID' }));
      expect(() => parseTarget(value)).not.toThrowError(/secret/);
    },
  );
});

describe('verge sink', () => {
  it.each([
    ['no broker', FILE, 'COMMAND_OPTION_INVALID'],
    ['a group without a name of its own', [...BROKER, ...FILE, '--share', 'sinks'], 'COMMAND_OPTION_INVALID'],
    ['Parquet from PostgreSQL', [...BROKER, '--to', 'postgres://h/d', '--parquet', 'p'], 'COMMAND_OPTION_INVALID'],
    ['a port that is none', [...BROKER, ...FILE, '--metrics', '70000'], 'COMMAND_OPTION_INVALID'],
    ['a version of MQTT that is none', [...BROKER, ...FILE, '--mqtt', '3'], 'COMMAND_OPTION_INVALID'],
    ['a target that is none', [...BROKER, '--to', 'oracle'], 'SINK_TARGET_INVALID'],
    ['a file in a folder that is not there', [...BROKER, ...FILE], 'SINK_DATABASE_REFUSED'],
    ['a server that is not there', [...BROKER, '--to', 'postgres://u:secret@127.0.0.1:1/d'], 'SINK_DATABASE_REFUSED'],
  ])('refuses %s in a sentence, before anything is taken from the broker', async (_, words, code) => {
    const outcome = await sink(words);

    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain(`[${code}]`);
    expect(outcome.err).not.toContain('secret');
  });
});
