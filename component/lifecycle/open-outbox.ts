import path from 'node:path';
import type { Logger } from 'pino';
import type { Settings } from '../contract/settings.ts';
import { DiskStore } from '../outbox/disk/disk-store.ts';
import { lockFolder } from '../outbox/disk/folder-lock.ts';
import type { MessageStore } from '../outbox/message-store.ts';
import { SturdyStore } from '../outbox/sturdy-store.ts';
import { CommandMarks } from '../sources/command-marks.ts';
import { nextBoot } from './boot.ts';

const HOUR_MS = 3_600_000;

export interface OpenedOutbox {
  readonly store: MessageStore;
  readonly boot: string;
}

/**
 * The outbox folder with what an earlier life left, kept to this process until it is closed.
 * @throws VergeError OUTBOX_FOLDER_IN_USE, OUTBOX_FOLDER_INVALID
 */
export async function openOutbox(settings: Settings, startedAt: Date, log: Logger): Promise<OpenedOutbox> {
  const { outboxFolder: folder } = settings;
  const lock = await lockFolder(folder); // the kernel takes it back however the process ends
  const disk = await DiskStore.open({
    folder,
    maxBytes: settings.outboxBytes,
    maxAgeMs: settings.outboxAgeHours * HOUR_MS,
    sync: settings.outboxSync,
    now: steadyNow,
  });
  const { messages, results } = disk.depth();
  if (messages > 0 || disk.cutBytes > 0) {
    const found = { folder, messages, results, cutBytes: disk.cutBytes };
    log.info(found, `${results} results of an earlier start wait in the outbox`);
  }
  return { store: new SturdyStore(disk, Math.random, () => lock.release()), boot: await nextBoot(folder, startedAt) };
}

/** In the outbox folder, whose lock guards it too. */
const JOURNAL_FOLDER = 'commands';
/** In that folder. */
const MARKS_FILE = 'under-way';

/** Commands on disk, and which of them are under way. The marks close with the store. */
export interface JournalParts {
  readonly store: MessageStore;
  readonly marks: CommandMarks;
}

/** Commands that an earlier life accepted and did not finish, and room for more. @throws VergeError OUTBOX_FOLDER_INVALID */
export async function openJournal(settings: Settings, log: Logger): Promise<JournalParts> {
  const folder = path.join(settings.outboxFolder, JOURNAL_FOLDER);
  const disk = await DiskStore.open({
    folder,
    maxBytes: settings.commandJournalBytes,
    maxAgeMs: Number.POSITIVE_INFINITY,
    whenFull: 'refuse',
    sync: settings.outboxSync,
    now: steadyNow,
  });
  const { messages: commands } = disk.depth();
  if (commands > 0 || disk.cutBytes > 0) {
    const found = { folder, commands, cutBytes: disk.cutBytes };
    log.info(found, `${commands} commands of an earlier start are answered first`);
  }
  const marks = await CommandMarks.open(path.join(folder, MARKS_FILE));
  return { store: new SturdyStore(disk, Math.random, () => marks.close()), marks };
}

/** Milliseconds of the epoch by a clock that doesn't jump. */
function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
