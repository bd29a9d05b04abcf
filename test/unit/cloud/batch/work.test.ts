import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planOutputs } from '../../../../cloud/batch/plan-outputs.ts';
import { findFinished, Work, workFilesOf } from '../../../../cloud/batch/work.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const IDENTITY = 'same work';
const END = { rows: 1, offset: 2, line: 1 };

/** Work whose rows are all answered, as a kill leaves it before the output has its name. */
async function answeredWork(): Promise<string> {
  const out = path.join(temporaryFolder(), 'out.csv');
  const work = await Work.open(out, IDENTITY);
  await work.commit('{}\n', END, ['predicted_label']);
  await work.close();
  return out;
}

describe('work that was killed', () => {
  it('has its output where what was assembled was whole, in place of what was to be replaced', async () => {
    const out = await answeredWork();
    const files = workFilesOf(out);
    writeFileSync(out, 'before');
    writeFileSync(files.assembled, 'whole');
    rmSync(files.partial);

    const finished = await findFinished(out, IDENTITY);

    expect(finished?.position).toEqual(END);
    expect(readFileSync(out, 'utf8')).toBe('whole');
  });

  it('is assembled again where its partial file is still there', async () => {
    const out = await answeredWork();
    writeFileSync(workFilesOf(out).assembled, 'ha');

    const finished = await findFinished(out, IDENTITY);
    const work = await Work.open(out, IDENTITY);
    await work.finish(async (partial, target) => writeFileSync(target, `of ${readFileSync(partial, 'utf8')}`));
    await work.close();

    expect(finished).toBeUndefined();
    expect(work.before.columns).toEqual(['predicted_label']);
    expect(readFileSync(out, 'utf8')).toBe('of {}\n');
    expect(existsSync(workFilesOf(out).partial)).toBe(false);
  });

  it('begins anew where its output was taken away after it had its name', async () => {
    const out = await answeredWork();
    renameSync(workFilesOf(out).partial, path.join(temporaryFolder(), 'taken'));

    const finished = await findFinished(out, IDENTITY);
    const work = await Work.open(out, IDENTITY);
    await work.close();

    expect([finished, work.before.position.rows]).toEqual([undefined, 0]);
  });
});

it('plans as many outputs as there may be inputs, and finds the two that are one', async () => {
  const folder = temporaryFolder();
  const input = (relative: string, kind: 'jsonl' | 'txt') => ({ name: relative, relative, kind, place: undefined });
  const inputs = Array.from({ length: 100_000 }, (_, at) => input(`${at}.jsonl`, 'jsonl'));

  const planned = await planOutputs(inputs, folder);
  const twice = planOutputs([...inputs, input('99999.txt', 'txt')], folder);

  expect(planned).toHaveLength(100_000);
  await expect(twice).rejects.toThrow(/Two inputs would both be written to .*99999\.jsonl/);
});
