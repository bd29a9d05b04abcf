import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
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
  return new LetterFile(file, maxBytes);
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

  it('goes on behind what is there, on a line of its own where a crash left half of one', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    const half = `{"half": "${'x'.repeat(200_000)}`;
    writeFileSync(file, `{"an":"earlier line"}\n${half}`);

    await open(file).add([LETTER]);

    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['{"an":"earlier line"}', half]);
    expect(lines.slice(2).map((line) => JSON.parse(line))).toMatchObject([{ code: LETTER.code }]);
  });

  it('is shared by several writers, none of whose lines is lost or torn, and each sees the bound', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    const big = { ...LETTER, original: { ...LETTER.original, payload: new Uint8Array(100_000) } };
    const writers = Array.from({ length: 8 }, () => open(file, 5_000_000));

    const added = await Promise.allSettled(
      writers.flatMap((writer) => Array.from({ length: 5 }, () => writer.add([big]))),
    );

    const whole = added.filter(({ status }) => status === 'fulfilled').length;
    expect(whole).toBe(37); // each has 133,478 bytes
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).code)).toEqual(Array(whole).fill(LETTER.code));
  });

  it('begins anew where the file was moved away or removed', async () => {
    const file = path.join(scratchFolder(), 'letters.jsonl');
    const letterFile = open(file);
    await letterFile.add([LETTER]);
    renameSync(file, `${file}.before`);

    await letterFile.add([LETTER, LETTER]);

    expect(readFileSync(`${file}.before`, 'utf8').trimEnd().split('\n')).toHaveLength(1);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
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
