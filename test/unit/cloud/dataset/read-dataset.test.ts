import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDataset, readDatasets } from '../../../../cloud/dataset/read-dataset.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'verge-dataset-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function written(name: string, content: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

describe('reading texts', () => {
  it('takes TSV columns by their names and quotes as they stand', async () => {
    const file = await written('a.tsv', 'label\ttext\nalarm\twake me "up"\n\noos\twhy, though?\n');

    expect(await readDataset(file)).toEqual({
      labelled: true,
      samples: [
        { text: 'wake me "up"', label: 'alarm' },
        { text: 'why, though?', label: 'oos' },
      ],
    });
  });

  it('takes CSV with quoted commas and line breaks, after a byte order mark', async () => {
    const file = await written('a.csv', '\uFEFFtext\n"one, two"\n"three\nfour"\n');

    expect(await readDataset(file)).toEqual({
      labelled: false,
      samples: [{ text: 'one, two' }, { text: 'three\nfour' }],
    });
  });

  it('takes several files as one, as long as all of them have labels or none has', async () => {
    const first = await written('a.tsv', 'Text\tLabel\nwake me\talarm\n');
    const second = await written('b.csv', 'label,text\noos,why\n');
    const plain = await written('c.txt', 'hello\n');

    expect((await readDatasets([first, second])).samples).toEqual([
      { text: 'wake me', label: 'alarm' },
      { text: 'why', label: 'oos' },
    ]);
    await expect(readDatasets([first, plain])).rejects.toMatchObject({ code: 'DATASET_LABEL_MISSING' });
  });

  it('takes numbers and lists of labels from JSON lines, an empty list as no label of a labelled text', async () => {
    const file = await written(
      'a.jsonl',
      '{"text":"a","label":4.5}\n{"text":"b","label":["x","y"]}\n{"text":"c","label":[]}\n',
    );

    expect((await readDataset(file)).samples).toEqual([
      { text: 'a', label: '4.5' },
      { text: 'b', label: 'x|y' },
      { text: 'c', label: '' },
    ]);
  });

  it('takes JSON lines of objects or strings', async () => {
    const file = await written('a.jsonl', '{"text":"a"}\n"b"\n');

    expect((await readDataset(file)).samples).toEqual([{ text: 'a' }, { text: 'b' }]);
  });

  it('takes plain lines', async () => {
    const file = await written('a.txt', 'one\r\n\r\ntwo');

    expect((await readDataset(file)).samples).toEqual([{ text: 'one' }, { text: 'two' }]);
  });

  it.each([
    ['a.tsv', 'words\nx\n', 'DATASET_NO_TEXT_COLUMN', 'words'],
    ['a.csv', 'text,label\n"open\n', 'DATASET_ROW_INVALID', 'line'],
    ['a.jsonl', '{"text":"a"}\n{oops\n', 'DATASET_ROW_INVALID', 'a.jsonl:2'],
    ['a.jsonl', '{"text":1}\n', 'DATASET_ROW_INVALID', 'a.jsonl:1'],
    ['a.jsonl', '{"text":"a","label":true}\n', 'DATASET_ROW_INVALID', 'label'],
    ['a.parquet', 'x', 'DATASET_KIND_UNKNOWN', '.parquet'],
    ['a.txt', '\n\n', 'DATASET_EMPTY', 'no texts'],
    ['a.tsv', 'text\tlabel\na\tx\nb\t\n', 'DATASET_LABEL_MISSING', 'text 2'],
    ['a.txt', 'x'.repeat(1_000_001), 'DATASET_ROW_INVALID', '1000001'],
  ])('refuses %s with %j by its own sentence', async (name, content, code, place) => {
    const file = await written(name, content);

    const failure = await readDataset(file).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code, fault: 'user', message: expect.stringContaining(place) });
  });

  it('names a file that is not there', async () => {
    await expect(readDataset(path.join(folder, 'none.txt'))).rejects.toMatchObject({ code: 'DATASET_UNREADABLE' });
  });
});
