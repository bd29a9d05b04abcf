import { rm, stat } from 'node:fs/promises';
import type { Classifier } from '../../component/classify/classification.ts';
import type { ObjectReader } from '../aws/objects.ts';
import type { ReadOptions } from '../dataset/rows/row.ts';
import { download } from '../source/download/download.ts';
import type { AnswerColumn } from './answer-columns.ts';
import { batchErrors } from './errors.ts';
import type { Planned } from './plan-outputs.ts';
import { type FileDone, runFile } from './run-file.ts';
import { exists, findFinished, forget, isBegun, lockOutput, workFilesOf } from './work.ts';

export interface BatchOptions {
  readonly engines: readonly Classifier[];
  readonly columns: readonly AnswerColumn[];
  readonly read: ReadOptions;
  /** All that the answers depend on beside the texts: the bundle's digest, options. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Whether outputs that are there already are replaced. */
  readonly force: boolean;
  /** Asked for only where an input is in S3. */
  readonly objects: () => ObjectReader;
  readonly signal: AbortSignal;
  /** `share` is of all the inputs' bytes; `rows` are those of the inputs so far, `fresh` those that this run answered. */
  onProgress(done: { readonly share: number; readonly rows: number; readonly fresh: number }): void;
}

export interface BatchFile extends FileDone {
  readonly input: string;
  readonly output: string;
}

/**
 * Answers files one after the other, each on all engines. What a former run of the same job finished is passed over, what
 * it began is gone on with.
 * @throws VergeError BATCH_OUT_EXISTS before anything is done; else as `runFile`
 */
export async function runBatch(planned: readonly Planned[], options: BatchOptions): Promise<readonly BatchFile[]> {
  const releases: (() => void)[] = [];
  try {
    for (const { out } of planned) releases.push(await lockOutput(out));
    if (!options.force) {
      for (const { out } of planned) if (!(await isBegun(out))) await refuseExisting(out);
    }
    const sizes = await sizesOf(planned);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const done: BatchFile[] = [];
    let [before, rows, fresh] = [0, 0, 0];
    for (const [index, one] of planned.entries()) {
      const size = total === 0 ? 1 / planned.length : (sizes[index] ?? 0) / total;
      let first: number | undefined;
      const file = await answerFile(one, options, (fileRows, share) => {
        first ??= fileRows;
        options.onProgress({ share: before + size * share, rows: rows + fileRows, fresh: fresh + fileRows - first });
      });
      before += size;
      rows += file.rows;
      fresh += file.rows - file.resumedRows;
      done.push(file);
    }
    // Journals stay until all is done, so that a kill in between costs no finished file.
    for (const { out } of planned) await forget(out);
    return done;
  } finally {
    for (const release of releases) release();
  }
}

async function answerFile(
  { input, out }: Planned,
  { engines, columns, read, identity, force, objects, signal }: BatchOptions,
  onCommit: (rows: number, share: number) => void,
): Promise<BatchFile> {
  const described = input.place ? await objects().describe(input.place, signal) : await stat(input.name);
  const version = 'etag' in described ? [described.etag, described.sizeBytes] : [described.size, described.mtimeMs];
  const whole = JSON.stringify({ ...identity, input: input.name, version, read });
  const finished = await findFinished(out, whole);
  if (finished) {
    const { rows } = finished.position;
    onCommit(rows, 1);
    return { input: input.name, output: out, rows, resumedRows: rows, columns: finished.columns ?? [] };
  }
  if (!force) await refuseExisting(out);
  const path = input.place ? `${workFilesOf(out).fetched}.${input.kind}` : input.name;
  if (input.place) await rm(path, { force: true });
  try {
    if (input.place) await download(objects(), input.place, path, { signal });
    const job = { input: path, name: input.name, out, identity: whole, read, columns };
    return { input: input.name, output: out, ...(await runFile(job, { engines, signal, onCommit })) };
  } finally {
    if (input.place) await rm(path, { force: true });
  }
}

async function refuseExisting(out: string): Promise<void> {
  if (await exists(out)) throw batchErrors.make('BATCH_OUT_EXISTS', `${out} exists already`);
}

/** Bytes of each input; where some are in S3 and not asked for yet, all count alike. */
async function sizesOf(planned: readonly Planned[]): Promise<number[]> {
  if (planned.some(({ input }) => input.place)) return planned.map(() => 1);
  return Promise.all(planned.map(async ({ input }) => (await stat(input.name)).size));
}
