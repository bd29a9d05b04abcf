import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { VergeError } from '../../../../../component/contract/error.ts';
import { FileSource, type FileSourceOptions } from '../../../../../component/sources/file/file-source.ts';
import { type BenchDesk, benchDesk, classification, textsOf } from '../../../../support/bench-desk.ts';

interface Bench extends BenchDesk {
  readonly file: string;
  readonly folder: string;
  readonly troubles: VergeError[];
  start(desk?: BenchDesk): FileSource;
}

function bench(more: Partial<FileSourceOptions> = {}, desk = benchDesk()): Bench {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'texts.log');
  const troubles: VergeError[] = [];
  return {
    ...desk,
    file,
    folder,
    troubles,
    start(other = desk) {
      const source = new FileSource({
        path: file,
        format: 'lines',
        model: undefined,
        pollMs: 20,
        positionFile: path.join(folder, 'position.json'),
        desk: other.desk,
        now: () => new Date(),
        onTrouble: (error) => troubles.push(error),
        ...more,
      });
      source.start();
      onTestFinished(() => source.close());
      return source;
    },
  };
}

function countOf(count: number): (delivered: readonly unknown[]) => boolean {
  return (delivered) => delivered.length >= count;
}

function idsOf(delivered: BenchDesk['delivered']): string[] {
  return delivered.map(({ requestId }) => requestId);
}

describe('a followed file', () => {
  it('is answered line by line, from its start and as it grows, however lines end', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'wake me at seven\r\n\nplay a song\n');

    start();
    await until(countOf(2));
    appendFileSync(file, 'grüße ');
    appendFileSync(file, 'dich\n');
    await until(countOf(3));

    expect(textsOf(delivered)).toEqual(['wake me at seven', 'play a song', 'grüße dich']);
  });

  it('is waited for where it is not there yet, and so is its folder', async () => {
    const { folder, start, until, delivered } = bench();
    const late = path.join(folder, 'later', 'texts.log');
    const other = bench({ path: late });
    other.start();
    start();

    mkdirSync(path.dirname(late));
    writeFileSync(late, 'one\n');
    writeFileSync(path.join(folder, 'texts.log'), 'two\n');
    await Promise.all([other.until(countOf(1)), until(countOf(1))]);

    expect([...textsOf(other.delivered), ...textsOf(delivered)]).toEqual(['one', 'two']);
  });

  it('goes on in the new file after a rotation, with what was still written to the old one first', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'one\n');
    start();
    await until(countOf(1));

    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, 'two\nthree without an end');
    writeFileSync(file, 'four\n');
    await until(countOf(4));

    expect(textsOf(delivered)).toEqual(['one', 'two', 'three without an end', 'four']);
    expect(new Set(idsOf(delivered)).size).toBe(4);
  });

  it('starts again after a truncation, under other ids', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'one of the first\n');
    start();
    await until(countOf(1));

    copyFileSync(file, `${file}.1`);
    truncateSync(file);
    appendFileSync(file, 'two\n');
    await until(countOf(2));

    expect(textsOf(delivered)).toEqual(['one of the first', 'two']);
    expect(delivered[0]?.requestId.replace(/@.*/, '')).not.toBe(delivered[1]?.requestId.replace(/@.*/, ''));
  });

  it('sees that it was truncated and written anew past the old place', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'one\n');
    const first = start();
    await until(countOf(1));
    await first.close();

    writeFileSync(file, 'two, much longer than before\nthree\n');
    start();
    await until(countOf(3));

    expect(textsOf(delivered)).toEqual(['one', 'two, much longer than before', 'three']);
  });

  it('goes on where it was after a stop', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'one\ntwo\n');
    const first = start();
    await until(countOf(2));
    await first.close();

    appendFileSync(file, 'three\n');
    start();
    await until(countOf(3));

    expect(textsOf(delivered)).toEqual(['one', 'two', 'three']);
  });

  it('finds the file again that was rotated while the runtime was away', async () => {
    const { file, start, until, delivered } = bench();
    writeFileSync(file, 'one\n');
    const first = start();
    await until(countOf(1));
    await first.close();

    appendFileSync(file, 'two\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
    start();
    await until(countOf(3));

    expect(textsOf(delivered)).toEqual(['one', 'two', 'three']);
  });

  it('answers again what was not delivered when it ended, under the same ids', async () => {
    let ask = 0;
    const hanging = benchDesk(() =>
      ask++ < 2 ? Promise.resolve(classification('alarm')) : new Promise(() => undefined),
    );
    const { file, start } = bench({}, hanging);
    writeFileSync(file, 'one\ntwo\nthree\nfour\n');
    const first = start();
    await hanging.until(countOf(2));
    await first.close();
    const second = benchDesk();

    start(second);
    await second.until(countOf(2));

    expect(textsOf(second.delivered)).toEqual(['three', 'four']);
    expect(idsOf(second.delivered).map((id) => id.replace(/^f\d+/, 'f'))).toEqual(['f.1@8', 'f.1@14']);
    expect(idsOf(second.delivered)[0]?.split('@')[0]).toBe(idsOf(hanging.delivered)[0]?.split('@')[0]);
  });

  it('answers everything again, under the same ids, where the position cannot be read', async () => {
    const { file, folder, start, until, delivered } = bench();
    writeFileSync(file, 'one\ntwo\n');
    const first = start();
    await until(countOf(2));
    await first.close();

    writeFileSync(path.join(folder, 'position.json'), '{"schemaVersion":1,"off');
    start();
    await until(countOf(4));

    const ids = idsOf(delivered);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  });

  it('answers lines that are too long or not UTF-8 with a failure, and goes on', async () => {
    const { file, start, until, delivered, asked } = bench();
    const long = Buffer.alloc(5_000_000, 'x');
    writeFileSync(
      file,
      Buffer.concat([long, Buffer.from('\none\n'), Buffer.from([0xff, 0xfe, 0x00, 0x0a]), Buffer.from('two\n')]),
    );

    start();
    await until(countOf(4));

    expect(asked).toEqual(['one', 'two']);
    expect(delivered.flatMap((result) => ('error' in result ? [result.error.code] : []))).toEqual(
      expect.arrayContaining(['SOURCE_LINE_TOO_LONG', 'SOURCE_LINE_INVALID']),
    );
  });

  it('survives any bytes', async () => {
    const { file, start, until, delivered } = bench();
    const junk = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919 + (index >> 3)) % 256));
    writeFileSync(file, Buffer.concat([junk, Buffer.from('\nthe end\n')]));

    start();
    await until((results) => textsOf(results).includes('the end'));

    expect(delivered.length).toBeGreaterThan(1);
  });

  it('takes ids and models from JSON lines, and tells of lines that are none without quoting them', async () => {
    const { file, start, until, delivered } = bench({ format: 'jsonl' });
    const lines = [
      { id: 'a', text: 'one' },
      { text: 'two', model: 'intents-mini' },
      { id: 'c', text: 'three', model: 'no-such-model' },
    ].map((line) => JSON.stringify(line));
    writeFileSync(file, [...lines, 'my secret is 4711', ''].join('\n'));

    start();
    await until(countOf(4));

    const byId = new Map(delivered.map((result) => [result.requestId, result]));
    expect(byId.get('a')).toMatchObject({ text: 'one' });
    expect(byId.get('c')).toMatchObject({ error: { code: 'SOURCE_MODEL_UNKNOWN' } });
    expect(textsOf(delivered)).toContain('two');
    expect(JSON.stringify(delivered)).toContain('SOURCE_LINE_INVALID');
    expect(JSON.stringify(delivered)).not.toContain('4711');
  });

  it('tells once that it cannot be followed, and goes on when it can', async () => {
    const { file, start, until, troubles, delivered } = bench();
    mkdirSync(file);
    start();
    await new Promise<void>((resolve) => {
      const look = (): void => (troubles.length > 0 ? resolve() : void setImmediate(look));
      look();
    });

    rmSync(file, { recursive: true });
    writeFileSync(file, 'one\n');
    await until(countOf(1));

    expect(troubles.map(({ code }) => code)).toEqual(['SOURCE_FILE']);
    expect(textsOf(delivered)).toEqual(['one']);
  });

  it('keeps its position on disk while it runs', async () => {
    const { file, folder, start, until } = bench();
    writeFileSync(file, 'one\n');
    start();
    await until(countOf(1));

    const offset = await new Promise<number>((resolve) => {
      const look = (): void => {
        const { offset: kept } = JSON.parse(readFileSync(path.join(folder, 'position.json'), 'utf8'));
        if (kept > 0) resolve(kept);
        else setImmediate(look);
      };
      look();
    });

    expect(offset).toBe(4);
  });

  it('lets lines wait for room, and answers each once', async () => {
    const narrow = benchDesk(undefined, {}, 3);
    const { file, start } = bench({}, narrow);
    writeFileSync(file, Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join(''));

    start();
    await narrow.until(countOf(1000));

    expect(new Set(textsOf(narrow.delivered)).size).toBe(1000);
    expect(narrow.delivered).toHaveLength(1000);
  });
});
