import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { answerColumns } from '../../../cloud/batch/answer-columns.ts';
import { runFile } from '../../../cloud/batch/run-file.ts';
import { bytesOf, openParquet } from '../../../cloud/dataset/parquet/open-parquet.ts';
import { openRows } from '../../../cloud/dataset/rows/open-rows.ts';
import { lengthClassifier, rowsOf } from '../../support/batch.ts';
import { repositoryPath } from '../../support/paths.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// columns.parquet was written by pyarrow (record.py): nested, decimal, map and binary columns, zstd, pages of version 2.

const input = repositoryPath('test/golden/batch/columns.parquet');
const recorded: Record<string, string>[] = JSON.parse(
  readFileSync(repositoryPath('test/golden/batch/columns.json'), 'utf8'),
);
const columns = answerColumns({
  task: 'text-classification',
  problemType: 'single_label_classification',
  rejection: { label: 'no', threshold: 0.1 },
  topK: 1,
});

async function answered(out: string): Promise<string> {
  const target = path.join(temporaryFolder(), out);
  const job = { input, name: input, out: target, identity: '', read: {}, columns };
  await runFile(job, { engines: [lengthClassifier()], signal: new AbortController().signal, onCommit: () => {} });
  return target;
}

describe('a Parquet file that another tool wrote', () => {
  it('keeps every other column byte for byte, row group by row group', async () => {
    const out = await answered('out.parquet');

    const [before, after] = [await openParquet(input), await openParquet(out)];
    expect(after.metadata.row_groups.map(({ num_rows: rows }) => rows)).toEqual([12n, 12n, 6n]);
    for (const [index, group] of before.metadata.row_groups.entries()) {
      for (const [at, { meta_data: column }] of group.columns.entries()) {
        const copy = after.metadata.row_groups[index]?.columns[at]?.meta_data;
        if (column === undefined || copy === undefined) throw new Error('a column is missing');
        const [from, to] = [bytesOf(column), bytesOf(copy)];
        expect(await after.buffer.slice(to.start, to.end)).toEqual(await before.buffer.slice(from.start, from.end));
      }
    }
    await before.handle.close();
    await after.handle.close();
  });

  it('has the answers in columns behind its own, and under other names where one is taken', async () => {
    const out = await answered('out.parquet');

    const file = await openParquet(out);
    const rows = await parquetReadObjects({ file: file.buffer, compressors });
    await file.handle.close();
    expect(rows).toHaveLength(30);
    expect(rows[29]).toMatchObject({
      text: 'wake me at 29, please – ça va?',
      predicted_label: 'mine',
      predicted_label_2: 'length 30',
      predicted_score_2: 0.5,
      predicted_truncated_2: false,
      predicted_runners_up_2: [],
    });
  });

  it('becomes JSON Lines with whole numbers and times as they are', async () => {
    const out = await answered('out.jsonl');

    const [first = '', second = ''] = readFileSync(out, 'utf8').split('\n');
    expect(first).toContain(`"id":${recorded[0]?.id},`);
    expect(recorded[1]?.micros).toContain('123457');
    expect(second).toContain('"micros":"2024-01-01T00:00:00.123457Z"');
    expect(second).toContain('"nested":[{"a":1,"b":["1",null]}]');
    expect(second).toContain('"bytes":"AP8="');
  });
});

describe('a Parquet file that lies', () => {
  it('is refused in a sentence, whichever of its bytes is another', async () => {
    const bytes = readFileSync(input);
    const messages = new Set<string>();
    let read = 0;

    for (let at = 4; at < bytes.length; at += 23) {
      const file = path.join(temporaryFolder(), 'in.parquet');
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      writeFileSync(file, changed);
      try {
        const reader = await openRows(file);
        await rowsOf(reader).finally(() => reader.close());
        read++; // a byte of a value, which nothing guards
      } catch (error) {
        const { fault, message } = error as { fault?: string; message: string }; // looked at on the next line
        messages.add(fault === 'user' ? 'a sentence' : message);
      }
    }

    expect([...messages]).toEqual(['a sentence']);
    expect(read).toBeLessThan(bytes.length / 23);
  });

  it('is refused where its footer says that it is larger than the file', async () => {
    const file = path.join(temporaryFolder(), 'in.parquet');
    const bytes = readFileSync(input);
    bytes.writeUInt32LE(0xffff_fff0, bytes.length - 8);
    writeFileSync(file, bytes);

    const opening = openRows(file);

    await expect(opening).rejects.toThrow(/says that its footer has 4294967280 bytes, and it has \d+ in all/);
  });
});
