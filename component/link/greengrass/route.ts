import type { VergeError } from '../../contract/error.ts';
import { linkErrors } from '../errors.ts';
import type { LinkHandler } from '../link.ts';
import { type IpcClient, refusalOf, wordsOf } from './ipc-client.ts';
import type { Connection } from './ipc-session.ts';

export interface RouteOptions {
  readonly filter: string;
  readonly handler: LinkHandler;
  readonly onOverrun: (topic: string) => void;
  readonly onRefused: (why: string) => void;
}

type Stream = ReturnType<IpcClient['subscribeToIoTCore']>;

const AT_LEAST_ONCE = '1' as never; // the SDK's enum, by its value on the wire
/** The nucleus sends without regard to what has been handled, so this many wait at most. */
const MAX_HANDLERS = 1000;
/** The Java nucleus asks the broker first, which may be slow. */
const SUBSCRIBE_TIMEOUT_MS = 30_000;

/** One subscription, over all connections. */
export class Route {
  readonly granted: Promise<void>;
  readonly #options: RouteOptions;
  #settle: { resolve(): void; reject(error: unknown): void } = { resolve: () => undefined, reject: () => undefined };
  #stream: Stream | undefined;
  #handlers = 0;
  #closed = false;

  constructor(options: RouteOptions) {
    this.#options = options;
    this.granted = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.granted.catch(() => undefined); // whoever cares awaits it
  }

  /** Subscribes over a connection. @throws where the connection is of no use; a refusal is told, and stays refused */
  async open(connection: Connection): Promise<void> {
    if (this.#closed) return;
    const { filter, onRefused } = this.#options;
    try {
      await connection.call(`the subscription to ${filter}`, (client) => this.#activate(client), SUBSCRIBE_TIMEOUT_MS);
      this.#settle.resolve();
    } catch (error) {
      if (refusalOf(error) !== 'unauthorized') throw error;
      const what = `the nucleus refused the subscription to ${filter} (${wordsOf(error)})`;
      this.#settle.reject(linkErrors.make('LINK_SUBSCRIBE_REFUSED', what, error));
      onRefused(what);
    }
  }

  /** Hands over nothing more. */
  close(reason: VergeError): void {
    this.#closed = true;
    this.#settle.reject(reason);
    this.#stream?.close().catch(() => undefined); // its connection may be gone
    this.#stream = undefined;
  }

  async #activate(client: IpcClient): Promise<void> {
    const stream = client.subscribeToIoTCore({ topicName: this.#options.filter, qos: AT_LEAST_ONCE });
    stream.on('message', ({ message }) => {
      if (message) this.#receive(message.topicName, message.payload);
    });
    stream.on('streamError', () => undefined); // an event of a shape that is not ours
    await stream.activate();
    // Not before: to close a stream that is being activated leaves its promise open for ever (fact I2).
    if (this.#closed) await stream.close();
    else this.#stream = stream;
  }

  #receive(topic: string, payload: unknown): void {
    if (this.#closed) return;
    const { handler, onOverrun } = this.#options;
    if (this.#handlers >= MAX_HANDLERS) {
      onOverrun(topic);
      return;
    }
    this.#handlers++;
    const bytes = payload instanceof Uint8Array ? payload : new Uint8Array();
    const done = (): void => {
      this.#handlers--;
    };
    handler({ topic, payload: bytes }).then(done, done);
  }
}
