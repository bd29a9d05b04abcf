import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VergeError } from '../../../../component/contract/error.ts';
import { DiskStore } from '../../../../component/outbox/disk/disk-store.ts';
import { outboxErrors } from '../../../../component/outbox/errors.ts';
import { MemoryStore } from '../../../../component/outbox/memory-store.ts';
import type { MessageStore, NewMessage } from '../../../../component/outbox/message-store.ts';
import { SturdyStore } from '../../../../component/outbox/sturdy-store.ts';
import {
  type AcceptedCommand,
  CommandJournal,
  type CommandWork,
} from '../../../../component/sources/command-journal.ts';
import type { CommandMarks } from '../../../../component/sources/command-marks.ts';
import { crashImage, filesIn, logBytes, openStore, tempFolder } from '../../../support/disk-outbox.ts';
import { settled } from '../../../support/fake-link.ts';

const topic = 'cmd/verge/bakeries/oven-17/classify';
const observedAt = new Date('2026-05-04T09:21:07.125Z');

interface Journal {
  readonly journal: CommandJournal;
  readonly trouble: string[];
  readonly lost: number[];
}

function journalOn(store: MessageStore, marks?: CommandMarks): Journal {
  const trouble: string[] = [];
  const lost: number[] = [];
  const journal = new CommandJournal({
    store,
    marks,
    onTrouble: ({ code }) => trouble.push(code),
    onLost: (commands) => lost.push(commands),
  });
  return { journal, trouble, lost };
}

function command(name: string, bytes = 0): AcceptedCommand {
  return { topic, payload: Buffer.from(name.padEnd(bytes, '.')), observedAt };
}

function nameOf({ payload }: AcceptedCommand): string {
  return Buffer.from(payload).toString().replace(/\.+$/, '');
}

/** Answers commands when the test says so. */
function answers(): {
  readonly begun: AcceptedCommand[];
  readonly ends: { finish(): void; fail(error: Error): void }[];
  readonly givenUp: AcceptedCommand[];
  readonly work: CommandWork;
  untilBegun(count: number): Promise<void>;
} {
  const begun: AcceptedCommand[] = [];
  const ends: { finish(): void; fail(error: Error): void }[] = [];
  const givenUp: AcceptedCommand[] = [];
  const waiting = new Set<() => void>();
  const answer = (given: AcceptedCommand): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      begun.push(given);
      ends.push({ finish: resolve, fail: reject });
      for (const look of [...waiting]) look();
    });
  const giveUp = async (given: AcceptedCommand): Promise<void> => {
    givenUp.push(given);
  };
  return {
    begun,
    ends,
    givenUp,
    work: { ready: Promise.resolve(), answer, giveUp },
    untilBegun: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (begun.length >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

describe('a command from a link that brings nothing twice', () => {
  it('is on disk before anything else happens with it', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder, { whenFull: 'refuse' });
    const { journal } = journalOn(store);
    const images: string[] = [];
    const begun = new Promise<void>((resolve) => {
      journal.start({
        ...answers().work,
        answer: async () => {
          images.push(crashImage(folder));
          resolve();
        },
      });
    });

    await journal.accept(command('one'));
    await begun;

    const corpse = await openStore(images[0] ?? '');
    const found = await corpse.store.take();
    expect(Buffer.from(found?.payload ?? []).toString()).toBe('one');
  });

  it('is answered by the next life, before what comes new, with its topic and the time at which it came', async () => {
    const folder = tempFolder();
    const first = await openStore(folder, { whenFull: 'refuse' });
    const dying = journalOn(first.store);
    const never = answers();
    dying.journal.start(never.work);
    for (const name of ['one', 'two', 'three']) await dying.journal.accept(command(name));
    await never.untilBegun(3);
    never.ends[1]?.finish();
    await settled();
    await first.store.probe(); // goes in turns: the mark of what was finished is written
    const second = await openStore(crashImage(folder), { whenFull: 'refuse' });
    const living = journalOn(second.store);
    const heard = answers();

    living.journal.start(heard.work);
    await living.journal.accept(command('four'));
    await heard.untilBegun(3);

    expect(heard.begun.map(nameOf)).toEqual(['one', 'three', 'four']);
    expect(heard.begun[0]).toMatchObject({ topic, observedAt });
  });

  it('stays for the next life when it is not done with', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder, { whenFull: 'refuse' });
    const { journal } = journalOn(store);
    const heard = answers();
    journal.start(heard.work);
    await journal.accept(command('one'));
    await heard.untilBegun(1);

    heard.ends[0]?.fail(new Error('the runtime is stopping'));
    await settled();
    await store.close();

    const next = await openStore(folder);
    expect(next.store.depth().messages).toBe(1);
    expect(heard.begun).toHaveLength(1);
  });

  it('waits on disk while a hundred others are being answered', async () => {
    const { store } = await openStore(tempFolder(), { whenFull: 'refuse' });
    const { journal } = journalOn(store);
    const heard = answers();
    journal.start(heard.work);
    for (let number = 0; number < 101; number++) await journal.accept(command(`c${number}`));
    await settled();
    const atOnce = heard.begun.length;

    heard.ends[0]?.finish();
    await heard.untilBegun(101);

    expect(atOnce).toBe(100);
    expect(heard.begun.map(nameOf)).toEqual(Array.from({ length: 101 }, (_, number) => `c${number}`));
  });

  it('is refused where the journal has no room, and no accepted one makes room for it', async () => {
    const folder = tempFolder();
    const maxBytes = 256 * 1024;
    const { store, drops } = await openStore(folder, { whenFull: 'refuse', maxBytes });
    const { journal, lost } = journalOn(store);
    const refused: unknown[] = [];
    const heard = answers();
    let accepted = 0;

    for (let number = 0; number < 40; number++) {
      await journal.accept(command(`c${number}`, 10_000)).then(
        () => accepted++,
        (error: unknown) => refused.push(error instanceof VergeError ? error.code : error),
      );
    }
    const bytes = logBytes(folder);
    journal.start(heard.work);
    await heard.untilBegun(accepted);
    for (const { finish } of heard.ends) finish();
    await store.probe();
    await journal.accept(command('later', 10_000));

    expect(new Set(refused)).toEqual(new Set(['SOURCE_JOURNAL_FULL']));
    expect(accepted).toBeGreaterThan(20);
    expect(accepted + refused.length).toBe(40);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect([drops, lost]).toEqual([[], []]);
  });

  it('is answered though the disk is full, and its trouble is told of once', async () => {
    const store = new SturdyStore(new FullStore(1_000_000), () => 0);
    onTestFinished(() => store.close());
    const { journal, trouble } = journalOn(store);
    const heard = answers();
    journal.start(heard.work);
    const accepted = [journal.accept(command('one')), journal.accept(command('two'))];
    await heard.untilBegun(2);

    for (const { finish } of heard.ends) finish();
    await Promise.all(accepted);

    expect(heard.begun.map(nameOf)).toEqual(['one', 'two']);
    expect(trouble).toEqual(['OUTBOX_DISK_FULL']);
  });

  it('is refused where the disk is so slow that too much waits for it', async () => {
    const store = new SturdyStore(new FullStore(1_000_000), () => 0);
    onTestFinished(() => store.close());
    const { journal } = journalOn(store);
    journal.start(answers().work);
    const outcomes = Array.from({ length: 40 }, (_, number) =>
      journal.accept(command(`c${number}`, 128 * 1024)).catch((error: VergeError) => error.code),
    );

    const refused = await Promise.all(outcomes.slice(32));

    expect(refused).toEqual(Array(8).fill('SOURCE_JOURNAL_FULL'));
  });

  it('is counted where the disk gives back other bytes than it was given', async () => {
    const folder = tempFolder();
    const first = await openStore(folder, { whenFull: 'refuse' });
    await journalOn(first.store).journal.accept(command('one'));
    const image = crashImage(folder);
    flipLastByte(filesIn(image, 'log')[0] ?? '');
    const store = await DiskStore.open({ folder: image, maxBytes: 1e6, maxAgeMs: 1e9, sync: 'never', now: Date.now });
    onTestFinished(() => store.close());
    const { journal, lost } = journalOn(store);

    journal.start(answers().work);

    expect(lost).toEqual([1]);
  });
});

class FullStore extends MemoryStore {
  override put(_message: NewMessage): Promise<void> {
    return Promise.reject(outboxErrors.make('OUTBOX_DISK_FULL', 'the test says so'));
  }

  override probe(): Promise<void> {
    return Promise.reject(outboxErrors.make('OUTBOX_DISK_FULL', 'the test says so'));
  }
}

function flipLastByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
