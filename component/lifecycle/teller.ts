import type { Logger } from 'pino';
import type { EventData, EventName } from '../contract/event.ts';

export interface TellerOptions {
  readonly log: Logger;
  readonly now: () => Date;
  /** Puts an event on its way. */
  readonly post: (data: Omit<EventData, 'schemaVersion' | 'boot' | 'seq'>) => Promise<void>;
}

const MAX_EVENT_LENGTH = 1000;
/** Events that somebody should look at. */
const LOUD: ReadonlySet<EventName> = new Set([
  'model-refused',
  'configuration-invalid',
  'request-refused',
  'source-failing',
  'command-given-up',
  'results-dropped',
  'outbox-failing',
  'runtime-failed',
  'drift-began',
]);
/** An event is stored within milliseconds. */
const POST_MS = 1000;

/** Tells what happens: to the log at once, and as an event to the cloud. */
export class Teller {
  readonly #options: TellerOptions;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Resolves when the event is with the outbox; where that takes nothing, the log alone has it. */
  async tell(
    name: EventName,
    message: string,
    more: Partial<Pick<EventData, 'code' | 'model' | 'requestId' | 'count' | 'drift'>> = {},
  ): Promise<void> {
    const { log, now, post } = this.#options;
    const text = message.slice(0, MAX_EVENT_LENGTH);
    log[LOUD.has(name) ? 'warn' : 'info']({ event: name, ...more }, text);
    const posted = post({ name, at: now().toISOString(), message: text, ...more }).catch(() => undefined);
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, POST_MS).unref();
    });
    await Promise.race([posted, late]); // with the disk and the link in trouble it waits for one of them
  }
}
