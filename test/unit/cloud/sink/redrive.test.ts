import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LetterFile } from '../../../../cloud/sink/letter-file.ts';
import { openLetters, redrive } from '../../../../cloud/sink/redrive.ts';
import { type Row, RowRefused } from '../../../../cloud/sink/store.ts';
import { Writer } from '../../../../cloud/sink/writer.ts';
import { resultMessage } from '../../../support/messages.ts';
import { scratchFolder } from '../../../support/scratch.ts';

function letter(payload: Uint8Array): string {
  const payloadBase64 = Buffer.from(payload).toString('base64');
  return JSON.stringify({
    topic: 'dt/verge/bakeries/oven-17/result',
    payloadBase64,
    receivedAt: '2026-05-04T12:00:00Z',
  });
}

async function redriven(file: string, commit: (rows: readonly Row[]) => void): ReturnType<typeof redrive> {
  const letters = await openLetters(file);
  onTestFinished(() => letters.handle.close());
  const store = {
    name: 'a database of the test',
    commit: async (rows: readonly Row[]) => {
      commit(rows);
      return new Map<never, number>();
    },
    run: async () => [],
    fleetTotals: async () => [],
    close: async () => undefined,
  };
  const { signal } = new AbortController();
  const letterFile = new LetterFile(file, 1_000_000);
  return redrive(letters, new Writer({ store, letterFile, observer: {}, outageMs: Number.POSITIVE_INFINITY, signal }));
}

describe('writing dead letters again', () => {
  it.each([
    ['that is missing', 'missing.jsonl', /missing\.jsonl cannot be read \(ENOENT/],
    ['that is a folder', '.', /cannot be read \(it is no file\)/],
  ])('refuses a file %s, in a sentence', async (_, name, words) => {
    const file = path.join(scratchFolder(), name);

    const opening = openLetters(file);

    await expect(opening).rejects.toMatchObject({ code: 'SINK_LETTERS_UNREADABLE', fault: 'user' });
    await expect(opening).rejects.toThrow(words);
  });

  it('passes over half a line, counts it, and reads the lines around it', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    const [first, second] = [letter(resultMessage(1, ['a'])), letter(resultMessage(2, ['b']))];
    writeFileSync(file, `${first}\n${first.slice(0, 40)}\n${second}`);
    const kept: Row[] = [];

    const told = await redriven(file, (rows) => kept.push(...rows));

    expect(told).toEqual({ messages: 2, unreadable: 1 });
    expect(kept.filter(({ table }) => table === 'results')).toHaveLength(2);
  });

  it('ends where the file ended at first, though what is refused again comes behind it', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    writeFileSync(file, '');
    for (let times = 0; times < 3; times++) appendFileSync(file, `${letter(Buffer.from('no JSON'))}\n`);

    const told = await redriven(file, () => {
      throw new RowRefused('no');
    });

    expect(told).toEqual({ messages: 3, unreadable: 0 });
  });

  it('does nothing with an empty file', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    writeFileSync(file, '');

    expect(await redriven(file, () => undefined)).toEqual({ messages: 0, unreadable: 0 });
  });
});
