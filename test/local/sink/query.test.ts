import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryCommand } from '../../../cloud/commands/query.ts';
import { runCommandLine } from '../../../cloud/commands/run-command.ts';
import { startBroker } from '../../../cloud/local/broker/broker.ts';
import { DuckdbStore } from '../../../cloud/sink/duckdb/store.ts';
import { VIEWS } from '../../../cloud/sink/schema/views.ts';
import { startSinkProcess } from '../../../scripts/sink/sink-process.ts';
import { resultMessage } from '../../support/messages.ts';
import { repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { untilSaid } from '../../support/sink.ts';
import { rowsOfMessages } from '../../support/sink-rows.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';

/** A file as a sink leaves it. */
async function sinkFile(ids: readonly string[]): Promise<string> {
  const file = path.join(scratchFolder(), 'verge.duckdb');
  const store = await DuckdbStore.open(file);
  await store.commit(rowsOfMessages([[TOPIC, resultMessage(1, ids)]]));
  await store.close();
  return file;
}

async function query(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let [out, err] = ['', ''];
  stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const { signal } = new AbortController();
  const code = await runCommandLine([queryCommand], '0', ['query', ...words], {
    stdout,
    stderr,
    environment: {},
    signal,
  });
  return { code, out, err };
}

describe('verge query', () => {
  it('shows a view as a table', async () => {
    const file = await sinkFile(['a', 'b']);

    const { code, out } = await query('label_counts', file);

    expect(code).toBe(0);
    expect(out).toMatch(/hour .* fleet .* thing .* label .* count/);
    expect(out).toMatch(/2026-05-04T09:00:00.000Z .* bakeries .* oven-17 .* alarm .* 2/);
  });

  it('says which views there are and what each answers', async () => {
    const file = await sinkFile(['a']);

    const { out } = await query(file, '--json');

    expect(JSON.parse(out)).toEqual(VIEWS.map(({ name, question }) => ({ view: name, question })));
  });

  it('answers any question in SQL as JSON: numbers as numbers, JSON as values, texts as they were', async () => {
    const file = await sinkFile(['a\u0000\ud800']);

    const { out } = await query(
      file,
      '--sql',
      'select seq, score, observed_at, request_id, runners_up from results',
      '--format',
      'json',
    );

    expect(JSON.parse(out)).toEqual([
      {
        seq: 1,
        score: 0.97,
        observed_at: '2026-05-04T09:21:07.125Z',
        request_id: 'a\u0000\ud800',
        runners_up: [{ label: 'timer', score: 0.01 }],
      },
    ]);
  });

  it('answers as CSV, with quotes where they are needed', async () => {
    const file = await sinkFile(['a,"b"\nc', '=1+1']);

    const { out } = await query(
      file,
      '--sql',
      'select index, request_id from results order by index',
      '--format',
      'csv',
    );

    expect(out).toBe('index,request_id\r\n0,"a,""b""\nc"\r\n1,=1+1\r\n');
  });

  it('hands over a hundred thousand rows, and a table of a thousand that says that there are more', async () => {
    const file = await sinkFile(['a']);
    const sql = 'select range as n from range(100000)';

    const whole = await query(file, '--sql', sql, '--json');
    const table = await query(file, '--sql', sql);

    expect(JSON.parse(whole.out)).toHaveLength(100_000);
    expect(table.err).toContain('more than 1000 rows');
  });

  it('lets no terminal be driven by a text', async () => {
    const file = await sinkFile(['\u001b[2J\u202e']);

    const { out } = await query(file, '--sql', 'select request_id from results');

    expect(out).toContain('\\u{1b}[2J\\u{202e}');
    expect(out).not.toContain('\u001b');
  });

  it.each([
    ['writes', 'delete from results'],
    ['makes a table', 'create table other (a integer)'],
    ['reads another file', "select * from read_text('/etc/hostname')"],
    ['writes another file', "copy results to '/tmp/verge-query-escaped.csv'"],
    ['attaches a database', "attach '/tmp/verge-query-escaped.db'"],
    ['loads an extension', 'install httpfs'],
    ['asks for more rights', 'set enable_external_access = true'],
    ['changes what is locked', "set memory_limit = '100GB'"],
    ['holds two statements', 'select 1; select 2'],
    ['is no SQL', 'selekt'],
  ])('refuses, in a sentence, what %s', async (_, sql) => {
    const file = await sinkFile(['a']);

    const { code, err } = await query(file, '--sql', sql);

    expect(code).toBe(2);
    expect(err).toMatch(/\[SINK_QUERY_REFUSED\]/);
  });

  it.each([
    ['a view that there is not', ['labels', 'FILE'], 'COMMAND_OPTION_INVALID'],
    ['a view and SQL', ['fleet', 'FILE', '--sql', 'select 1'], 'COMMAND_OPTION_INVALID'],
    ['no file', [], 'COMMAND_OPTION_INVALID'],
    ['a format that there is not', ['fleet', 'FILE', '--format', 'xml'], 'COMMAND_OPTION_INVALID'],
    ['a file that is not there', ['fleet', '/nowhere/verge.duckdb'], 'SINK_DATABASE_REFUSED'],
  ])('refuses %s', async (_, words, expected) => {
    const file = await sinkFile(['a']);

    const { code, err } = await query(...words.map((word) => (word === 'FILE' ? file : word)));

    expect(code).toBe(2);
    expect(err).toContain(`[${expected}]`);
  });

  it('refuses a file that is no database', async () => {
    const folder = scratchFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'no.duckdb'), 'x'.repeat(20_000));

    const { code, err } = await query('fleet', path.join(folder, 'no.duckdb'));

    expect(code).toBe(2);
    expect(err).toContain('[SINK_DATABASE_REFUSED]');
  });

  it('says so where a sink is writing the file', async () => {
    const broker = await startBroker({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => broker.close());
    const folder = scratchFolder();
    const words = ['--broker', broker.url, '--to', 'duckdb:verge.duckdb'];
    const sink = startSinkProcess(repositoryPath('dist/cloud/verge.js'), folder, words);
    onTestFinished(async () => {
      sink.kill();
      await sink.ended;
    });
    await untilSaid(sink, 'broker: connected');

    const { code, err } = await query('fleet', path.join(folder, 'verge.duckdb'));

    expect(code).toBe(2);
    expect(err).toMatch(/is in use by another process.*\[SINK_DATABASE_LOCKED\]/s);
  });
});
