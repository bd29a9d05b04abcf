import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LetterFile } from '../../../../cloud/sink/letter-file.ts';
import { scratchFolder } from '../../../support/scratch.ts';
import { canMount, mountNote, mountSmallDisk } from '../../../support/small-disk.ts';

const LETTER = {
  original: { topic: 'dt/verge/f/t/result', payload: Uint8Array.of(0xff, 0x00, 0x0a) },
  code: 'MESSAGE_NOT_UTF8',
  message: 'not UTF-8',
  receivedAtMs: 0,
};

function open(file: string, maxBytes = 1_000_000): LetterFile {
  const letterFile = new LetterFile(file, maxBytes);
  onTestFinished(() => letterFile.close());
  return letterFile;
}

describe('the file of dead letters', () => {
  it('keeps the bytes as they came, one line each, for its owner alone', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');

    await open(file).add([LETTER, LETTER]);

    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      Array(2).fill({
        receivedAt: '1970-01-01T00:00:00.000Z',
        topic: LETTER.original.topic,
        code: LETTER.code,
        message: LETTER.message,
        payloadBase64: '/wAK',
      }),
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('goes on behind what is there, and takes back half a line that a crash left', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    writeFileSync(file, '{"an":"earlier line"}\n');
    appendFileSync(file, `{"half": "${'x'.repeat(200_000)}`);

    await open(file).add([LETTER]);

    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('{"an":"earlier line"}');
  });

  it('refuses what would take it beyond its bound', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    const letterFile = open(file, 200);
    await letterFile.add([LETTER]);

    const adding = letterFile.add([LETTER]);

    await expect(adding).rejects.toThrow(/beyond 200 bytes/);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it.skipIf(!canMount)(`leaves no half line on a full disk${mountNote}`, async () => {
    const disk = mountSmallDisk(64);
    onTestFinished(() => disk.remove());
    const file = path.join(disk.folder, 'letters.jsonl');
    const letterFile = open(file);
    await letterFile.add([LETTER]);
    const huge = { ...LETTER, original: { ...LETTER.original, payload: new Uint8Array(200_000) } };

    const adding = letterFile.add([huge]);

    await expect(adding).rejects.toMatchObject({ code: 'ENOSPC' });
    await letterFile.add([LETTER]);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });
});
