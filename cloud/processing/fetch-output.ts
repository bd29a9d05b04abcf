import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { JobPorts } from '../aws/connect-jobs.ts';
import { uriOf } from '../aws/objects.ts';
import { download } from '../source/download/download.ts';
import { processingErrors } from './errors.ts';
import type { FinishedJob } from './run-job.ts';

const MAX_FILES = 100_000;

/** Fetches what a job left, each file checked as a model's archive is. @returns names, below the folder */
export async function fetchOutput(
  { name, output }: Pick<FinishedJob, 'name' | 'output'>,
  folder: string,
  { files, objects }: JobPorts,
  options: { readonly signal: AbortSignal; readonly progress: (step: string, done: number, total: number) => void },
): Promise<readonly string[]> {
  const found = (await files.list(output)).filter(({ key }) => !key.endsWith('/'));
  if (found.length === 0 || found.length > MAX_FILES) {
    const what = found.length === 0 ? 'nothing' : `${found.length} objects, over ${MAX_FILES},`;
    throw processingErrors.make('JOB_OUTPUT_MISSING', `The job ${name} left ${what} in ${uriOf(output)}`);
  }
  const total = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const names: string[] = [];
  let before = 0;
  for (const { key, sizeBytes } of found) {
    const inside = key.slice(output.key.length);
    const target = path.join(folder, ...inside.split('/'));
    if (!target.startsWith(`${path.resolve(folder)}${path.sep}`)) {
      throw processingErrors.make(
        'JOB_OUTPUT_MISSING',
        `The job ${name} left ${JSON.stringify(key)}, which is no file's name`,
      );
    }
    await mkdir(path.dirname(target), { recursive: true });
    await download(objects, { bucket: output.bucket, key }, target, {
      signal: options.signal,
      onProgress: (bytes) => options.progress('fetch the output', before + bytes, total),
    });
    before += sizeBytes;
    names.push(inside);
  }
  return names;
}
