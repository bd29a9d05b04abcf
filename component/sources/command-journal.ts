import { createHash } from 'node:crypto';
import { VergeError } from '../contract/error.ts';
import type { LinkMessage } from '../link/link.ts';
import type { MessageStore, TakenMessage } from '../outbox/message-store.ts';
import type { CommandMarks } from './command-marks.ts';
import { sourceErrors } from './errors.ts';

/** A command as it was accepted. */
export interface AcceptedCommand extends LinkMessage {
  readonly observedAt: Date;
}

export interface CommandJournalOptions {
  /** On disk; refuses what goes beyond its bound. */
  readonly store: MessageStore;
  /** What is known of commands that were under way when a life died; absent: nothing is. */
  readonly marks?: CommandMarks | undefined;
  /** The disk can't keep commands now; they are answered all the same, and are lost if the process dies meanwhile. */
  readonly onTrouble: (error: VergeError) => void;
  /** The disk gave back other bytes than it was given: so many commands are not there any more. */
  readonly onLost: (commands: number) => void;
}

/** What is done with commands. A promise that rejects leaves the command for the next life. */
export interface CommandWork {
  /** Resolves when commands can be answered: what is begun before would be blamed for a death that it had no part in. */
  readonly ready: Promise<unknown>;
  /** Resolves when the command is done with. */
  readonly answer: (command: AcceptedCommand) => Promise<void>;
  /** It is not to be run any more; resolves when its sender has been told. */
  readonly giveUp: (command: AcceptedCommand) => Promise<void>;
}

/** Commands that are being answered at once; as many as a broker leaves a client unacknowledged. The others wait on disk. */
const MAX_AT_ONCE = 100;
/** Of commands that the disk has not taken yet, because it is slow or in trouble; 32 of the largest. */
const MAX_UNSTORED_BYTES = 4 * 1024 * 1024;

/**
 * Commands from a link that brings nothing twice: each is on disk before anything else happens with it, and leaves it when
 * all its results are in the outbox. What an earlier life left comes first. A command whose end was not written down any
 * more is answered again, under its request ids. One that was under way when a life died runs alone, and one under which,
 * alone, two lives died is given up (docs/decisions/2026-11-24-commands-that-kill.md).
 */
export class CommandJournal {
  readonly #options: CommandJournalOptions;
  #work: CommandWork | undefined;
  #underWay = 0;
  /** Taken and not done with: they wait for the next life. */
  #held = 0;
  /** Commands of earlier lives that have not been taken yet. */
  #left = 0;
  #wakeWhenIdle: (() => void) | undefined;
  #unstoredBytes = 0;
  #pumping = false;
  #pumpAgain = false;
  #stopped = false;

  constructor(options: CommandJournalOptions) {
    this.#options = options;
  }

  start(work: CommandWork): void {
    const { store, onTrouble, onLost } = this.#options;
    this.#work = work;
    this.#left = store.depth().messages;
    store.listen({
      dropped: ({ messages }) => onLost(messages),
      failing: onTrouble,
      restored: () => undefined,
      takeable: () => this.#pump(),
    });
    this.#pump();
  }

  /**
   * Takes a command; resolves when it is as safe as the disk makes it.
   * @throws VergeError SOURCE_JOURNAL_FULL, or OUTBOX_… where the process ends before the disk has taken it
   */
  async accept({ topic, payload, observedAt }: AcceptedCommand): Promise<void> {
    const { store } = this.#options;
    if (this.#unstoredBytes + payload.byteLength > MAX_UNSTORED_BYTES) throw full('the disk does not keep up');
    this.#unstoredBytes += payload.byteLength;
    try {
      // The store knows the streams of telemetry: of this one it holds back the source and drops nothing by itself.
      const label = `${observedAt.toISOString()} ${topic}`;
      await store.put({ stream: 'result', topic: label, payload, itemCount: 1 });
    } catch (error) {
      throw error instanceof VergeError && error.code === 'OUTBOX_FULL' ? full(error.what) : error;
    } finally {
      this.#unstoredBytes -= payload.byteLength;
    }
    this.#pump();
  }

  /** Begins with no other command. */
  stop(): void {
    this.#stopped = true;
  }

  #pump(): void {
    this.#pumpAgain = true;
    if (!this.#pumping) void this.#beginAll();
  }

  async #beginAll(): Promise<void> {
    this.#pumping = true;
    await this.#work?.ready;
    while (this.#pumpAgain) {
      this.#pumpAgain = false;
      try {
        await this.#beginSome();
      } catch {
        // the disk does not give it back now; the next command or the next end tries again
      }
    }
    this.#pumping = false;
  }

  async #beginSome(): Promise<void> {
    const { store, marks } = this.#options;
    while (!this.#stopped && this.#work !== undefined && this.#underWay < MAX_AT_ONCE) {
      const taken = await store.take();
      if (taken === undefined) {
        if (this.#underWay + this.#held === 0) marks?.acquitAll();
        return;
      }
      const isLeft = this.#left > 0;
      if (isLeft) this.#left--;
      const key = keyOf(taken);
      const verdict = marks?.verdictOn(key) ?? 'free';
      if (verdict === 'suspect') await this.#runAlone(taken, key, this.#work);
      else
        void this.#see(taken, key, verdict === 'doomed' ? this.#work.giveUp : this.#runMarked(key, isLeft, this.#work));
    }
  }

  /** A command of an earlier life may have ended the device as well: its mark is to outlive that. */
  #runMarked(key: string, force: boolean, { answer }: CommandWork): CommandWork['answer'] {
    return async (command) => {
      await this.#options.marks?.begin(key, force); // where the disk takes no mark, it is answered without
      await answer(command);
    };
  }

  /** Nothing else is under way meanwhile. */
  async #runAlone(taken: TakenMessage, key: string, { answer }: CommandWork): Promise<void> {
    while (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeWhenIdle = resolve;
      });
    }
    if (this.#stopped) return; // the next life finds it
    if (!(await this.#options.marks?.begin(key, true))) {
      this.#options.marks?.interrupt(key);
      this.#held++;
      const what = 'a command that was under way when the runtime died waits, since the disk takes no mark of it';
      this.#options.onTrouble(sourceErrors.make('SOURCE_COMMAND_HELD', what));
      return;
    }
    await this.#see(taken, key, answer);
  }

  async #see(taken: TakenMessage, key: string, act: CommandWork['answer']): Promise<void> {
    const { store, marks } = this.#options;
    const gap = taken.topic.indexOf(' ');
    const observedAt = new Date(taken.topic.slice(0, gap));
    this.#underWay++;
    try {
      await act({ topic: taken.topic.slice(gap + 1), payload: taken.payload, observedAt, kept: true });
      store.remove(taken);
      marks?.end(key);
    } catch {
      marks?.interrupt(key); // not done with: the next life finds it
      this.#held++;
    }
    this.#underWay--;
    if (this.#underWay === 0) this.#wakeWhenIdle?.();
    this.#pump();
  }
}

/** Names a command through all lives, and says nothing of what is in it. */
function keyOf({ topic, payload }: TakenMessage): string {
  return createHash('sha256').update(`${topic}\n`).update(payload).digest('hex').slice(0, 16);
}

function full(why: string): VergeError {
  return sourceErrors.make('SOURCE_JOURNAL_FULL', `a command was not accepted: ${why}`);
}
