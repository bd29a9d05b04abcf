import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findInputs } from '../../../../cloud/batch/find-inputs.ts';
import { planOutputs } from '../../../../cloud/batch/plan-outputs.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { signal } = new AbortController();

function noS3(): never {
  throw new Error('S3 was asked for');
}

/** A bucket with these keys. */
function bucketOf(...keys: string[]) {
  return () => ({
    async *list() {
      yield* keys;
    },
  });
}

function folderOf(...names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), '');
  }
  return folder;
}

describe('what a batch job is given', () => {
  it('is a folder with all below it that can be read, hidden files left out', async () => {
    const folder = folderOf('a.csv', 'deep/er/b.parquet', '.a.csv.verge-partial', 'deep/.hidden.csv', 'notes.md');

    const inputs = await findInputs([folder], noS3, signal);

    expect(inputs.map(({ relative, kind }) => [relative, kind])).toEqual([
      ['a.csv', 'csv'],
      ['deep/er/b.parquet', 'parquet'],
    ]);
  });

  it('is a glob, whose outputs are called by what stands behind its fixed part, and a file named twice comes once', async () => {
    const folder = folderOf('x/1.csv', 'y/2.csv', 'y/2.tsv');

    const inputs = await findInputs([`${folder}/*/*.csv`, path.join(folder, 'x/1.csv')], noS3, signal);

    expect(inputs.map(({ name }) => path.relative(folder, name))).toEqual(['x/1.csv', 'y/2.csv']);
    expect(inputs[1]?.relative).toBe('y/2.csv');
  });

  it('is a prefix in S3, without folders, hidden objects and other kinds', async () => {
    const keys = ['day/', 'day/1.csv', 'day/_temporary/2.csv', 'day/deep/3.JSONL', 'day/notes.md'];

    const inputs = await findInputs(['s3://texts/day/'], bucketOf(...keys), signal);

    expect(inputs.map(({ name, relative }) => [name, relative])).toEqual([
      ['s3://texts/day/1.csv', '1.csv'],
      ['s3://texts/day/deep/3.JSONL', 'deep/3.JSONL'],
    ]);
  });

  it.each([
    ['a file that is not there', 'gone.csv', 'gone.csv does not exist'],
    ['a file of another kind', 'notes.md', 'notes.md ends in .md'],
    ['a glob that finds nothing', '*.parquet', '*.parquet holds no .csv'],
  ])('is refused where it is %s', async (_, name, words) => {
    const folder = folderOf('notes.md');

    const finding = findInputs([path.join(folder, name)], noS3, signal);

    await expect(finding).rejects.toMatchObject({ fault: 'user', message: expect.stringContaining(words) });
  });

  it('is refused where a key in S3 would leave the output folder', async () => {
    const finding = findInputs(['s3://texts/'], bucketOf('a/../../etc/cron.csv'), signal);

    await expect(finding).rejects.toMatchObject({ message: expect.stringContaining('has a name that is no path') });
  });
});

describe('where the answers go', () => {
  it.each([
    ['two inputs into one file', ['a.csv', 'b.csv'], 'out.csv', 'is one file, and there are 2 inputs'],
    ['an address in S3', ['a.csv'], 's3://bucket/out', 'answers are written to this machine'],
    ['two inputs of one output', ['a.txt', 'a.jsonl'], 'out', 'Two inputs would both be written to'],
    ['a kind without columns', ['a.csv'], 'out.txt', 'has no room for answers'],
  ])('is refused: %s', async (_, names, out, words) => {
    const inputs = await findInputs([folderOf(...names)], noS3, signal);

    const planning = planOutputs(inputs, out);

    await expect(planning).rejects.toMatchObject({ message: expect.stringContaining(words) });
  });

  it('is a folder, where plain texts become JSON Lines', async () => {
    const inputs = await findInputs([folderOf('deep/a.txt', 'b.tsv')], noS3, signal);

    const planned = await planOutputs(inputs, 'out');

    expect(planned.map(({ out }) => out).sort()).toEqual(['out/b.tsv', 'out/deep/a.jsonl']);
  });
});
