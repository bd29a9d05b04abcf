import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRows } from '../../../../cloud/dataset/rows/open-rows.ts';
import { rowsOf } from '../../../support/batch.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function fileOf(name: string, content: string | Uint8Array): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

async function readAll(name: string, content: string | Uint8Array, column?: string) {
  const reader = await openRows(fileOf(name, content), { column });
  return rowsOf(reader);
}

const many = Array.from({ length: 2500 }, (_, index) => index);

describe('reading files of texts row by row', () => {
  it('keeps every column of a CSV, and takes the text from the one that is named', async () => {
    const rows = await readAll('a.csv', '\uFEFFid,body,text\r\n7,"a ""b"",\r\nc",no\r\n\r\n8,d,\r\n', 'body');

    expect(rows.map(({ text, cells }) => [text, cells])).toEqual([
      ['a "b",\r\nc', ['7', 'a "b",\r\nc', 'no']],
      ['d', ['8', 'd', '']],
    ]);
  });

  it('takes a quote of a TSV for a character, and a label in any case', async () => {
    const rows = await readAll('a.tsv', 'Text\tLabel\n"hi\tgreeting\n');

    expect(rows).toMatchObject([{ text: '"hi', label: 'greeting' }]);
  });

  it('keeps the lines of JSON Lines as they were written', async () => {
    const rows = await readAll('a.jsonl', '{"text": "a", "id": 12345678901234567890}\n\n"b"');

    expect(rows).toMatchObject([
      { text: 'a', source: '{"text": "a", "id": 12345678901234567890}', names: ['text', 'id'] },
      { text: 'b', names: ['text'] },
    ]);
  });

  it.each([
    ['a.csv', `id,text\n${many.map((id) => `${id},"grüße\n${id}"\n`).join('')}`],
    ['a.tsv', `id\ttext\r\n${many.map((id) => `${id}\tgrüße ${id}\r\n`).join('')}`],
    ['a.jsonl', many.map((id) => `{"id":"${id}","text":"grüße ${id}"}\n`).join('')],
  ])('goes on in %s where a chunk ended', async (name, content) => {
    const reader = await openRows(fileOf(name, content));
    const first = await reader.read().next();
    const { rows, next } = first.done ? { rows: [], next: undefined } : first.value;

    const rest = await rowsOf(reader, next);

    expect([...rows, ...rest].map(({ cells }) => cells[0])).toEqual(many.map(String));
    expect(next?.rows).toBe(1024);
  });
});

const latin = Buffer.from('text\nok\nna\xefve\n', 'latin1');

describe('a file of texts that is not what it should be', () => {
  it.each([
    ['bytes that are no UTF-8', 'a.csv', latin, 'a.csv: line 3 is not UTF-8'],
    ['no UTF-8 in JSON Lines', 'a.jsonl', Buffer.from('"a"\n"\xe9"\n', 'latin1'), 'a.jsonl: line 2 is not UTF-8'],
    ['a character that is cut off', 'a.txt', Buffer.from([0x61, 0x0a, 0xc3]), 'a.txt: line 2 is not UTF-8'],
    ['a ragged row', 'a.csv', 'id,text\n1,a\n2\n', 'line 3 has 1 columns, and the first line names 2'],
    ['a quote that is never closed', 'a.csv', 'text\n"abc\n', 'a.csv: line 2: Quote Not Closed'],
    ['two columns of one name', 'a.csv', 'text,x,x\n', 'two columns with the name "x"'],
    ['no column of texts', 'a.tsv', 'body\tid\n', 'has the columns body, id, and none is text'],
    ['a line that is no JSON', 'a.jsonl', '"a"\n{\n', 'a.jsonl: line 2 is not JSON'],
    ['a list for a row', 'a.jsonl', '[1]\n', 'line 1 is neither an object nor a string'],
    ['a text that is a number', 'a.jsonl', '{"text":1}\n', 'line 1 has no string "text"'],
    ['a text that is too long', 'a.csv', `text\n${'a'.repeat(1_000_001)}\n`, 'line 2 has a text of 1000001 characters'],
    ['an ending that nobody knows', 'a.xlsx', '', 'a.xlsx ends in .xlsx'],
    ['a Parquet file that is none', 'a.parquet', 'PAR1 and more words', 'a.parquet is no Parquet file, or was cut off'],
  ])('is refused in one sentence with its row: %s', async (_, name, content, words) => {
    const reading = readAll(name, content);

    await expect(reading).rejects.toMatchObject({ fault: 'user', message: expect.stringContaining(words) });
  });

  it.each([
    ['a.csv', 'text\n"', 'line 2 has more than 16777216 bytes'],
    ['a.jsonl', '"', 'line 1 has more than 16777216 bytes'],
  ])('is refused before a row of 100 MB is in memory: %s', async (name, head, words) => {
    const reading = readAll(name, Buffer.concat([Buffer.from(head), Buffer.alloc(100 * 1024 * 1024, 0x61)]));

    await expect(reading).rejects.toMatchObject({ message: expect.stringContaining(words) });
  });
});
