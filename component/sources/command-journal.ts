import { VergeError } from '../contract/error.ts';
import type { LinkMessage } from '../link/link.ts';
import type { MessageStore, TakenMessage } from '../outbox/message-store.ts';
import { sourceErrors } from './errors.ts';

/** A command as it was accepted. */
export interface AcceptedCommand extends LinkMessage {
  readonly observedAt: Date;
}

export interface CommandJournalOptions {
  /** On disk; refuses what goes beyond its bound. */
  readonly store: MessageStore;
  /** The disk can't keep commands now; they are answered all the same, and are lost if the process dies meanwhile. */
  readonly onTrouble: (error: VergeError) => void;
  /** The disk gave back other bytes than it was given: so many commands are not there any more. */
  readonly onLost: (commands: number) => void;
}

/** Commands that are being answered at once; as many as a broker leaves a client unacknowledged. The others wait on disk. */
const MAX_AT_ONCE = 100;
/** Of commands that the disk has not taken yet, because it is slow or in trouble; 32 of the largest. */
const MAX_UNSTORED_BYTES = 4 * 1024 * 1024;

/**
 * Commands from a link that brings nothing twice: each is on disk before anything else happens with it, and leaves it when
 * all its results are in the outbox. What an earlier life left comes first. A command whose end was not written down any
 * more is answered again, under its request ids.
 */
export class CommandJournal {
  readonly #options: CommandJournalOptions;
  #answer: ((command: AcceptedCommand) => Promise<void>) | undefined;
  #underWay = 0;
  #unstoredBytes = 0;
  #pumping = false;
  #pumpAgain = false;
  #stopped = false;

  constructor(options: CommandJournalOptions) {
    this.#options = options;
  }

  /** @param answer resolves when the command is done with; one that rejects stays for the next life */
  start(answer: (command: AcceptedCommand) => Promise<void>): void {
    const { store, onTrouble, onLost } = this.#options;
    this.#answer = answer;
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
    while (!this.#stopped && this.#answer !== undefined && this.#underWay < MAX_AT_ONCE) {
      const taken = await this.#options.store.take();
      if (taken === undefined) return;
      this.#underWay++;
      void this.#see(taken, this.#answer);
    }
  }

  async #see(taken: TakenMessage, answer: (command: AcceptedCommand) => Promise<void>): Promise<void> {
    const gap = taken.topic.indexOf(' ');
    const observedAt = new Date(taken.topic.slice(0, gap));
    try {
      await answer({ topic: taken.topic.slice(gap + 1), payload: taken.payload, observedAt, kept: true });
      this.#options.store.remove(taken);
    } catch {
      // not done with: the next life finds it
    }
    this.#underWay--;
    this.#pump();
  }
}

function full(why: string): VergeError {
  return sourceErrors.make('SOURCE_JOURNAL_FULL', `a command was not accepted: ${why}`);
}
