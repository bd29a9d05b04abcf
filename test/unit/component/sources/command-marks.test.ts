import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AcceptedCommand, CommandJournal } from '../../../../component/sources/command-journal.ts';
import { CommandMarks } from '../../../../component/sources/command-marks.ts';
import { crashImage, openStore, tempFolder } from '../../../support/disk-outbox.ts';
import { settled } from '../../../support/fake-link.ts';
import { canMount, mountNote, mountSmallDisk } from '../../../support/small-disk.ts';

const observedAt = new Date('2026-05-04T09:21:07.125Z');

/** A life of a journal on what the life before left. */
interface Life {
  readonly folder: string;
  readonly journal: CommandJournal;
  readonly begun: string[];
  readonly givenUp: string[];
  readonly trouble: string[];
  /** Ends the command of that name. */
  finish(name: string): void;
  /** Resolves when so many were begun or given up. */
  until(count: number): Promise<void>;
  accept(...names: string[]): Promise<void>;
  /** What a kill at this moment leaves. */
  kill(): Promise<string>;
  /** Ends it as it should. */
  close(): Promise<string>;
}

const marksIn = (folder: string): string => path.join(folder, 'under-way');

async function live(folder: string, ready: Promise<unknown> = Promise.resolve()): Promise<Life> {
  const { store } = await openStore(folder, { whenFull: 'refuse' });
  const marks = await CommandMarks.open(marksIn(folder));
  onTestFinished(() => marks.close());
  const begun: string[] = [];
  const givenUp: string[] = [];
  const trouble: string[] = [];
  const ends = new Map<string, () => void>();
  const waiting = new Set<() => void>();
  const note = (list: string[], { payload }: AcceptedCommand): string => {
    const name = Buffer.from(payload).toString();
    list.push(name);
    for (const look of [...waiting]) look();
    return name;
  };
  const journal = new CommandJournal({
    store,
    marks,
    onTrouble: ({ code }) => trouble.push(code),
    onLost: () => undefined,
  });
  journal.start({
    ready,
    answer: (command) => new Promise((resolve) => ends.set(note(begun, command), resolve)),
    giveUp: async (command) => void note(givenUp, command),
  });
  return {
    folder,
    journal,
    begun,
    givenUp,
    trouble,
    finish: (name) => ends.get(name)?.(),
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (begun.length + givenUp.length >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    async accept(...names) {
      for (const name of names) await journal.accept({ topic: 'cmd', payload: Buffer.from(name), observedAt });
    },
    async kill() {
      journal.stop();
      await store.probe(); // goes in turns: the marks of what was finished are written
      return crashImage(folder);
    },
    async close() {
      journal.stop();
      await store.close();
      await marks.close();
      return crashImage(folder);
    },
  };
}

describe('a command under which the process dies', () => {
  it('is given up in the third life when it was the only one under way in both before, and the others are answered', async () => {
    const first = await live(tempFolder());
    await first.accept('deadly');
    await first.until(1);
    const second = await live(await first.kill());
    await second.until(1);
    await second.accept('innocent');
    await settled();
    const third = await live(await second.kill());

    await third.until(2);
    third.finish('innocent');
    await settled();
    const left = await third.close();

    expect(second.begun).toEqual(['deadly']);
    expect([third.givenUp, third.begun]).toEqual([['deadly'], ['innocent']]);
    expect((await openStore(left)).store.depth().messages).toBe(0);
    expect(existsSync(marksIn(left))).toBe(false);
  });

  it('runs alone, before what comes new, when others were under way with it', async () => {
    const first = await live(tempFolder());
    await first.accept('one', 'deadly', 'three');
    await first.until(3);
    const second = await live(await first.kill());
    await second.accept('new', 'newer');
    await second.until(1);
    await settled();
    const [atFirst] = [[...second.begun]];

    second.finish('one');
    await second.until(2);
    const third = await live(await second.kill());
    await third.until(1);
    const fourth = await live(await third.kill());
    await fourth.until(2);
    fourth.finish('three');
    await fourth.until(4);

    expect([atFirst, second.begun]).toEqual([['one'], ['one', 'deadly']]);
    expect(third.begun).toEqual(['deadly']);
    expect([fourth.givenUp, fourth.begun]).toEqual([['deadly'], ['three', 'new', 'newer']]);
  });

  it('is not blamed where each life is killed under another one', async () => {
    const names = Array.from({ length: 12 }, (_, number) => `c${number}`);
    let life = await live(tempFolder());
    await life.accept(...names);
    await life.until(12);
    const blamed: string[] = [];

    for (const name of names) {
      life = await live(await life.kill());
      await life.until(1);
      life.finish(name);
      await settled();
      if (name !== 'c11') await life.until(2); // the next is under way when it is killed
      blamed.push(...life.givenUp);
    }

    expect(blamed).toEqual([]);
    expect((await openStore(await life.close())).store.depth().messages).toBe(0);
  });

  it('is not blamed for lives that end before anything can be answered', async () => {
    let life = await live(tempFolder(), new Promise(() => undefined));
    await life.accept('early');
    for (let kills = 0; kills < 5; kills++) {
      await settled();
      life = await live(await life.kill(), new Promise(() => undefined));
    }

    const last = await live(await life.kill());
    await last.until(1);

    expect([last.begun, last.givenUp]).toEqual([['early'], []]);
  });

  it('is not blamed for lives that end as they should', async () => {
    let life = await live(tempFolder());
    await life.accept('slow', 'slower');
    await life.until(2);

    for (let ends = 0; ends < 3; ends++) {
      life = await live(await life.close());
      await life.until(2); // side by side: neither is suspected
    }

    expect(life.begun).toEqual(['slow', 'slower']);
  });
});

describe('marks of commands', () => {
  it('that are torn or damaged accuse nobody, and neither does a journal of before', async () => {
    const first = await live(tempFolder());
    await first.accept('one', 'two');
    await first.until(2);
    const torn = await first.kill();
    const bytes = readFileSync(marksIn(torn));
    const ofBefore = crashImage(torn);
    writeFileSync(marksIn(torn), bytes.subarray(0, 30));
    rmSync(marksIn(ofBefore));

    const lives = [await live(torn), await live(ofBefore)];
    for (const life of lives) await life.until(2);

    expect(lives.map(({ begun }) => begun)).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });

  it('say nothing of what a command holds, and take no more room the more there are', async () => {
    const life = await live(tempFolder());
    await life.accept('secret');
    await life.until(1);
    const { size } = statSync(marksIn(life.folder));

    await life.accept(...Array.from({ length: 99 }, (_, number) => `secret ${number}`));
    await life.until(100);

    expect(readFileSync(marksIn(life.folder), 'utf8')).not.toContain('secret');
    expect(statSync(marksIn(life.folder)).size).toBe(size);
  });

  it('that the disk does not take hold back a suspect, which stays, and nobody else', async () => {
    const first = await live(tempFolder());
    await first.accept('deadly');
    await first.until(1);
    const folder = await first.kill();
    let begin: (() => void) | undefined;
    const ready = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const second = await live(folder, ready);
    rmSync(marksIn(folder));
    mkdirSync(marksIn(folder)); // where a folder is no file can be written
    begin?.();
    await second.accept('innocent');
    await second.until(1);

    second.finish('innocent');
    await settled();

    expect([second.begun, second.trouble]).toEqual([['innocent'], ['SOURCE_COMMAND_HELD']]);
    expect((await openStore(await second.kill())).store.depth().messages).toBe(1);
  });
});

describe.skipIf(!canMount)(`marks of commands on a disk that is full${mountNote}`, () => {
  it('are written where there was room for the first, and are found by the next life', async () => {
    const disk = mountSmallDisk(256);
    onTestFinished(() => disk.remove());
    const first = await CommandMarks.open(marksIn(disk.folder));
    const before = await first.begin('before', false);
    first.end('before');

    const filler = path.join(disk.folder, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
    const after = await first.begin('deadly', true);
    const second = await CommandMarks.open(marksIn(disk.folder));
    await first.close();

    expect([before, after]).toEqual([true, true]);
    expect(second.verdictOn('deadly')).toBe('suspect');
  });
});
