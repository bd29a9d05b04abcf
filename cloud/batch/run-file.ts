import { stat } from 'node:fs/promises';
import type { Classifier } from '../../component/classify/classification.ts';
import { type DatasetKind, kindOf, openRows } from '../dataset/rows/open-rows.ts';
import type { ReadOptions, RowReader } from '../dataset/rows/row.ts';
import { type AnswerColumn, freeNames } from './answer-columns.ts';
import { answerChunks } from './answer-pool.ts';
import { batchErrors } from './errors.ts';
import { Work } from './work.ts';
import { answersRenderer, appendColumns, assemble, interimRenderer } from './write/assemble.ts';
import { jsonRenderer, type Renderer, tableRenderer } from './write/render-rows.ts';

/** What is made of one file. */
export interface FileJob {
  /** Where the texts are on this machine. */
  readonly input: string;
  /** How the user knows them; stands in messages. */
  readonly name: string;
  readonly out: string;
  /** Everything that the output depends on. */
  readonly identity: string;
  readonly read: ReadOptions;
  readonly columns: readonly AnswerColumn[];
}

export interface FileRun {
  readonly engines: readonly Classifier[];
  readonly signal: AbortSignal;
  /** Told after each commit: rows of the file that are done, and the share of it. */
  onCommit(rows: number, share: number): void;
}

export interface FileDone {
  readonly rows: number;
  /** Of these, how many a former run had answered. */
  readonly resumedRows: number;
  /** The names that the answers' columns have in the output. */
  readonly columns: readonly string[];
}

/** A commit waits for the disk twice, a few milliseconds; a kill costs no more than so many rows. */
const COMMIT_ROWS = 1024;
const COMMIT_UNITS = 4 * 1024 * 1024;

/**
 * Answers a file of texts into another, which gets its name when it is whole. After a kill the same call goes on where
 * the last commit was.
 * @throws VergeError DATASET_…, BATCH_…, ENGINE_…; the signal's reason when aborted
 */
export async function runFile(job: FileJob, run: FileRun): Promise<FileDone> {
  const before = await stat(job.input);
  const reader = await openRows(job.input, { ...job.read, textOnly: appends(job) });
  try {
    const columns = freeNames(job.columns, reader.columns ?? (await firstNames(reader)), job.name);
    const work = await Work.open(job.out, job.identity);
    try {
      const rows = work.before.columns
        ? work.before.position.rows
        : await answerInto(work, reader, rendererFor(job, reader, columns), columns, { job, run });
      const after = await stat(job.input);
      if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
        throw batchErrors.make('BATCH_INPUT_CHANGED', `${job.name} was written to while it was read`);
      }
      await work.finish(assemblyOf(job, reader, columns));
      return { rows, resumedRows: work.before.position.rows, columns: columns.map(({ name }) => name) };
    } finally {
      await work.close();
    }
  } finally {
    await reader.close();
  }
}

interface Around {
  readonly job: FileJob;
  readonly run: FileRun;
}

/** Answers and commits what is left of the file; answers how many rows it has in all. */
async function answerInto(
  work: Work,
  reader: RowReader,
  renderer: Renderer,
  columns: readonly AnswerColumn[],
  { job, run }: Around,
): Promise<number> {
  const { engines, signal } = run;
  let committed = work.before.position;
  let pending = work.before.bytes === 0 ? renderer.head : '';
  let position = committed;
  run.onCommit(committed.rows, reader.shareBefore(committed));
  const from = committed;
  for await (const { rows, answers, next } of answerChunks(reader.read(from), {
    engines,
    signal,
    file: job.name,
    from,
  })) {
    const rendered = rows.map((row, index) => {
      const answer = answers[index];
      return { row, added: answer === undefined ? [] : columns.map((column) => column.valueOf(answer)) };
    });
    pending += renderer.render(rendered, position.rows + 1);
    position = next;
    if (position.rows - committed.rows >= COMMIT_ROWS || pending.length >= COMMIT_UNITS) {
      await work.commit(pending, position);
      [committed, pending] = [position, ''];
      run.onCommit(position.rows, reader.shareBefore(position));
    }
  }
  await work.commit(
    pending,
    position,
    columns.map(({ name }) => name),
  );
  run.onCommit(position.rows, 1);
  return position.rows;
}

/** The names of the first row; of JSON Lines that is what is known before it is read. */
async function firstNames(reader: RowReader): Promise<readonly string[]> {
  for await (const { rows } of reader.read()) return [...new Set(rows.flatMap(({ names }) => names))];
  return [];
}

/** From Parquet to Parquet, other columns are copied and not read. */
function appends({ input, out }: FileJob): boolean {
  return kindOf(input) === 'parquet' && outKindOf(out) === 'parquet';
}

export function outKindOf(out: string): Exclude<DatasetKind, 'txt'> {
  const kind = kindOf(out);
  if (kind === undefined || kind === 'txt') throw batchErrors.make('BATCH_OUT_INVALID', `${out} cannot be written`);
  return kind;
}

function rendererFor(job: FileJob, { columns: names }: RowReader, columns: readonly AnswerColumn[]): Renderer {
  const added = columns.map(({ name }) => name);
  const kind = outKindOf(job.out);
  if (kind === 'jsonl') return jsonRenderer(added);
  if (appends(job)) return answersRenderer;
  return kind === 'parquet' || names === undefined ? interimRenderer : tableRenderer(kind, names, added);
}

function assemblyOf(
  job: FileJob,
  { columns: names }: RowReader,
  columns: readonly AnswerColumn[],
): ((partial: string, target: string) => Promise<void>) | undefined {
  const kind = outKindOf(job.out);
  if (appends(job)) return (partial, target) => appendColumns(job.input, partial, target, columns);
  if (kind === 'jsonl' || (kind !== 'parquet' && names !== undefined)) return undefined;
  return (partial, target) => assemble(partial, target, kind, columns);
}
