import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { answerColumns } from '../../../../cloud/batch/answer-columns.ts';
import { type FileJob, runFile } from '../../../../cloud/batch/run-file.ts';
import { workFilesOf } from '../../../../cloud/batch/work.ts';
import { openRows } from '../../../../cloud/dataset/rows/open-rows.ts';
import { lengthClassifier, rowsOf } from '../../../support/batch.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const columns = answerColumns({
  task: 'text-classification',
  problemType: 'single_label_classification',
  rejection: undefined,
  topK: 1,
});

function jobOf(folder: string, name: string, content: string, out: string): FileJob {
  const input = path.join(folder, name);
  writeFileSync(input, content);
  return { input, name: input, out: path.join(folder, out), identity: 'same work', read: {}, columns };
}

const run = (engines = [lengthClassifier()], signal = new AbortController().signal) => ({
  engines,
  signal,
  onCommit: () => {},
});

const rows = Array.from({ length: 10_000 }, (_, id) => id);
const jsonLines = rows.map((id) => `{"id":${id},"text":"text ${id}"}\n`).join('');

it.each(['csv', 'tsv', 'jsonl', 'parquet'] as const)(
  'writes JSON Lines as .%s, with every row and column',
  async (kind) => {
    const job = jobOf(
      temporaryFolder(),
      'in.jsonl',
      '{"text":"a","id":7}\n{"more":[true],"text":"bcd"}\n',
      `out.${kind}`,
    );

    const done = await runFile(job, run());

    const reader = await openRows(job.out);
    const found = await rowsOf(reader).finally(() => reader.close());
    expect(done).toMatchObject({ rows: 2, resumedRows: 0 });
    expect(found.map(({ text }) => text)).toEqual(['a', 'bcd']);
    const [first, second] = found.map(({ names, cells }) =>
      Object.fromEntries(names.map((name, at) => [name, cells[at]])),
    );
    expect([String(first?.id), first?.predicted_label]).toEqual(['7', 'length 1']);
    expect(JSON.stringify(second?.more)).toMatch(/^("\[true\]"|\[true\])$/);
    expect(readdirSync(path.dirname(job.out)).filter((name) => name.endsWith('partial'))).toEqual([]);
  },
);

it.each(['in.csv', 'in.tsv'])('keeps the kind and the columns of %s, and puts answers behind them', async (name) => {
  const tab = name.endsWith('tsv') ? '\t' : ',';
  const folder = temporaryFolder();
  const content = `note${tab}text\n"${tab}hi\n`.replace('"', tab === '\t' ? '"' : '""""');
  const job = jobOf(folder, name, content, `out${path.extname(name)}`);

  await runFile(job, run());

  const [head, line] = readFileSync(job.out, 'utf8').split('\n');
  expect(head).toBe(`note${tab}text${tab}${columns.map((column) => column.name).join(tab)}`);
  expect(line?.startsWith(content.split('\n')[1] ?? '?')).toBe(true);
});

it('goes on after a stop where the last commit was, and ends in the same bytes', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()];
  const job = jobOf(folder, 'in.jsonl', jsonLines, 'out.jsonl');
  const whole = jobOf(other, 'in.jsonl', jsonLines, 'out.jsonl');
  await runFile(whole, run());
  const stop = new AbortController();
  let committed = 0;
  const first = lengthClassifier();
  const stopped = runFile(job, {
    ...run([first], stop.signal),
    onCommit(done) {
      committed = done;
      if (done > 0) stop.abort(new Error('stopped'));
    },
  });
  await expect(stopped).rejects.toThrow('stopped');

  const second = lengthClassifier();
  const done = await runFile(job, run([second]));

  expect(done).toMatchObject({ rows: 10_000, resumedRows: committed });
  expect(second.asked).toHaveLength(10_000 - committed);
  expect(readFileSync(job.out).equals(readFileSync(whole.out))).toBe(true);
});

it('takes back what was written and not committed', async () => {
  const job = jobOf(temporaryFolder(), 'in.jsonl', jsonLines, 'out.jsonl');
  const stop = new AbortController();
  const stopped = runFile(job, { ...run(undefined, stop.signal), onCommit: (done) => done > 0 && stop.abort() });
  await expect(stopped).rejects.toThrow();
  const { partial, journal } = workFilesOf(job.out);
  writeFileSync(partial, '{"half a row', { flag: 'a' });
  writeFileSync(journal, '{"position":{"rows":9', { flag: 'a' });

  await runFile(job, run());

  const ids = readFileSync(job.out, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).id);
  expect(ids).toEqual(rows);
});

it('begins anew where the work is another', async () => {
  const job = jobOf(temporaryFolder(), 'in.jsonl', jsonLines, 'out.jsonl');
  const stop = new AbortController();
  const stopped = runFile(job, { ...run(undefined, stop.signal), onCommit: (done) => done > 0 && stop.abort() });
  await expect(stopped).rejects.toThrow();

  const done = await runFile({ ...job, identity: 'another bundle' }, run());

  expect(done).toMatchObject({ rows: 10_000, resumedRows: 0 });
});

it('gives answers other names where the input has them already', async () => {
  const job = jobOf(temporaryFolder(), 'in.csv', 'text,Predicted_Label\na,mine\n', 'out.csv');

  const done = await runFile(job, run());

  expect(done.columns).toContain('predicted_label_2');
  expect(readFileSync(job.out, 'utf8')).toMatch(/\na,mine,length 1,0\.5,/);
});

it.each([
  ['a tab in a TSV', '{"text":"a\\tb"}\n', 'out.tsv', 'Row 1 holds a tab or a line break'],
  ['a number beyond doubles', '{"text":"a","id":12345678901234567890}\n', 'out.csv', 'only .jsonl keeps exactly'],
  [
    'a late name of ours',
    `${'{"text":"a"}\n'.repeat(2000)}{"text":"a","predicted_label":1}\n`,
    'out.jsonl',
    'Row 2001 has a field',
  ],
  ['a row that is no text', '{"text":"a"}\n{"text":1}\n', 'out.jsonl', 'line 2 has no string "text"'],
])('refuses %s in a sentence, and leaves no output', async (_, content, out, words) => {
  const job = jobOf(temporaryFolder(), 'in.jsonl', content, out);

  const refused = runFile(job, run());

  await expect(refused).rejects.toMatchObject({ fault: 'user', message: expect.stringContaining(words) });
  expect(existsSync(job.out)).toBe(false);
});
