import type * as z from 'zod';
import { asVergeError } from '../contract/as-verge-error.ts';
import { type CommandText, classifyCommandShellSchema, commandTextSchema } from '../contract/command.ts';
import { VergeError } from '../contract/error.ts';
import { MESSAGE_SCHEMA_VERSION, requestIdSchema } from '../contract/parts.ts';
import { type ReadOutcome, readAs, readVersioned } from '../contract/read-json.ts';
import { commandTopic, type Place } from '../contract/topics.ts';
import type { Link, LinkSubscription } from '../link/link.ts';
import type { AcceptedCommand, CommandJournal } from './command-journal.ts';
import { sourceErrors } from './errors.ts';
import type { TextDesk, TextRequest } from './text-desk.ts';

/** A request that was not understood, for the log and as an event. */
export type RequestRefused = (refusal: {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
}) => void;

/** A message came just now, kept by nobody on its way, that says when it was sent: an ISO instant by the sender's clock. */
export type MessageTold = (sentAt: string) => void;

export interface CommandSourceOptions {
  readonly place: Place;
  readonly link: Link;
  /** Where the link brings nothing twice. */
  readonly journal?: CommandJournal | undefined;
  readonly desk: TextDesk;
  readonly now: () => Date;
  readonly onRefused: RequestRefused;
  readonly onSentAt: MessageTold;
  /** A command is not run any more, and its sender was told. Resolves when that is with the outbox. */
  readonly onGivenUp: (error: VergeError, texts: number) => Promise<void>;
}

/**
 * Texts from the MQTT command topic. A command is done when the results of all its texts are with the outbox: only then the
 * link has it acknowledged, or the journal forgets it, so one that a crash interrupts is answered by the next life. What
 * waits for room is kept by the broker, or by the journal.
 */
export class CommandSource {
  readonly #options: CommandSourceOptions;
  #subscription: LinkSubscription | undefined;
  #turns: Promise<unknown> = Promise.resolve();

  constructor(options: CommandSourceOptions) {
    this.#options = options;
  }

  /** Subscribes; to be called before the link starts, since a resumed session delivers at once. */
  start(): LinkSubscription {
    const { link, place, journal, desk, now } = this.#options;
    journal?.start({
      ready: desk.ready,
      answer: (command) => this.#handle(command),
      giveUp: (command) => this.#giveUp(command),
    });
    this.#subscription = link.subscribe(commandTopic(place, 'classify'), async (message) => {
      const command = { ...message, observedAt: now() };
      if (journal) await this.#accept(journal, command);
      else await this.#handle(command);
    });
    return this.#subscription;
  }

  /** Takes no more commands; those begun are finished by the desk. */
  stop(): void {
    this.#subscription?.stop();
    this.#options.journal?.stop();
  }

  async #accept(journal: CommandJournal, command: AcceptedCommand): Promise<void> {
    // Read now, and once more when it comes off the disk: by then the time says nothing.
    this.#noteSentAt(command, readCommand(command.payload));
    try {
      await journal.accept(command);
    } catch (error) {
      const { code, message } = asVergeError(error);
      this.#options.onRefused({ code, message });
    }
  }

  async #handle(command: AcceptedCommand): Promise<void> {
    const { desk, onRefused } = this.#options;
    const { topic, observedAt } = command;
    const read = readCommand(command.payload);
    this.#noteSentAt(command, read);
    if (!read.ok) {
      const { code, message } = read.failure;
      onRefused({ code, message: `a command on ${topic} was refused: ${message}` });
      return;
    }
    const { model, texts } = read.value;
    const request = await desk.open(model);
    try {
      // One command after the other takes room for its texts, or all would be done late, and a crash would undo them all.
      const taking = this.#turns.then(() => this.#takeAll(request, texts, observedAt));
      this.#turns = taking.catch(() => undefined);
      await Promise.all(await taking);
    } finally {
      request.close();
    }
  }

  #noteSentAt({ kept }: AcceptedCommand, read: ReadCommand): void {
    if (kept !== true && read.ok && read.value.sentAt !== undefined) this.#options.onSentAt(read.value.sentAt);
  }

  /** Answers every text of a command with the reason why none of them is run. */
  async #giveUp({ payload, observedAt }: AcceptedCommand): Promise<void> {
    const read = readVersioned(classifyCommandShellSchema, MESSAGE_SCHEMA_VERSION, payload);
    if (!read.ok) return; // another version took it: there is nobody to tell
    const ids = read.value.texts.flatMap((entry) => requestIdOf(entry) ?? []);
    const what = `the runtime died twice while it ran this command and no other, so its ${ids.length} texts are given up`;
    const error = sourceErrors.make('SOURCE_COMMAND_GIVEN_UP', what);
    const request = await this.#options.desk.open(read.value.model);
    try {
      await Promise.all(ids.map((id) => request.giveUp(id, observedAt, error)));
    } finally {
      request.close();
    }
    await this.#options.onGivenUp(error, ids.length);
  }

  /** Resolves when every text is taken or refused. @returns what each ends in */
  async #takeAll(request: TextRequest, texts: readonly unknown[], observedAt: Date): Promise<Promise<unknown>[]> {
    const answers: Promise<unknown>[] = [];
    for (const [index, entry] of texts.entries()) {
      const text = this.#readText(entry, index);
      if (text instanceof VergeError) {
        const requestId = requestIdOf(entry);
        const who = requestId === undefined ? {} : { requestId };
        this.#options.onRefused({ code: text.code, message: text.message, ...who });
        if (requestId === undefined) continue;
        const refused = request.refuse(requestId, observedAt, text);
        refused.catch(() => undefined); // looked at when all texts are taken
        answers.push(refused);
      } else {
        answers.push((await request.take(text, observedAt)).ended);
      }
    }
    return answers;
  }

  #readText(entry: unknown, index: number): CommandText | VergeError {
    const read = readAs(commandTextSchema, entry);
    if (read.ok) return read.value;
    return sourceErrors.make(
      'SOURCE_TEXT_INVALID',
      `text ${index + 1} of a command was refused: ${read.failure.message}`,
    );
  }
}

type ReadCommand = ReturnType<typeof readCommand>;

function readCommand(payload: Uint8Array): ReadOutcome<z.infer<typeof classifyCommandShellSchema>> {
  return readVersioned(classifyCommandShellSchema, MESSAGE_SCHEMA_VERSION, payload);
}

/** The id of a text that is wrong otherwise, so that its sender can be told. */
function requestIdOf(entry: unknown): string | undefined {
  const id = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
  const read = requestIdSchema.safeParse(id);
  return read.success ? read.data : undefined;
}
