import { type CommandText, classifyCommandShellSchema, commandTextSchema } from '../contract/command.ts';
import { VergeError } from '../contract/error.ts';
import { MESSAGE_SCHEMA_VERSION, requestIdSchema } from '../contract/parts.ts';
import { readAs, readVersioned } from '../contract/read-json.ts';
import { commandTopic, type Place } from '../contract/topics.ts';
import type { Link, LinkMessage, LinkSubscription } from '../link/link.ts';
import { sourceErrors } from './errors.ts';
import type { TextDesk } from './text-desk.ts';

/** A request that was not understood, for the log and as an event. */
export type RequestRefused = (refusal: {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
}) => void;

export interface CommandSourceOptions {
  readonly place: Place;
  readonly link: Link;
  readonly desk: TextDesk;
  readonly now: () => Date;
  readonly onRefused: RequestRefused;
}

/**
 * Texts from the MQTT command topic. A command is acknowledged when the results of all its texts are with the outbox, so
 * one that a crash interrupts comes again; what waits for room stays unacknowledged too, and the broker keeps the rest.
 */
export class CommandSource {
  readonly #options: CommandSourceOptions;
  #subscription: LinkSubscription | undefined;

  constructor(options: CommandSourceOptions) {
    this.#options = options;
  }

  /** Subscribes; to be called before the link starts, since a resumed session delivers at once. */
  start(): LinkSubscription {
    const { link, place } = this.#options;
    this.#subscription = link.subscribe(commandTopic(place, 'classify'), (message) => this.#handle(message));
    return this.#subscription;
  }

  /** Takes no more commands; those begun are finished by the desk. */
  stop(): void {
    this.#subscription?.stop();
  }

  async #handle({ topic, payload }: LinkMessage): Promise<void> {
    const { desk, now, onRefused } = this.#options;
    const observedAt = now();
    const read = readVersioned(classifyCommandShellSchema, MESSAGE_SCHEMA_VERSION, payload);
    if (!read.ok) {
      const { code, message } = read.failure;
      onRefused({ code, message: `a command on ${topic} was refused: ${message}` });
      return;
    }
    const { model, texts } = read.value;
    const request = await desk.open(model);
    try {
      const answers: Promise<unknown>[] = [];
      for (const [index, entry] of texts.entries()) {
        const text = this.#readText(entry, index);
        if (text instanceof VergeError) {
          const requestId = requestIdOf(entry);
          onRefused({ code: text.code, message: text.message, ...(requestId === undefined ? {} : { requestId }) });
          if (requestId !== undefined) answers.push(request.refuse(requestId, observedAt, text));
        } else {
          answers.push((await request.take(text, observedAt)).ended);
        }
      }
      await Promise.all(answers);
    } finally {
      request.close();
    }
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

/** The id of a text that is wrong otherwise, so that its sender can be told. */
function requestIdOf(entry: unknown): string | undefined {
  const id = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
  const read = requestIdSchema.safeParse(id);
  return read.success ? read.data : undefined;
}
