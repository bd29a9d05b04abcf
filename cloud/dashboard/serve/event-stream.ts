import type { ServerResponse } from 'node:http';

/** A page that has so much to read is sent nothing more until it has; then it gets what changed in between. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Rounds in a row, each about a second, that a page may have too much to read: then nobody reads it. */
const MAX_BEHIND = 30;
const RETRY_MS = 2_000;

/** One page that listens: server-sent events whose ids say how far it is. What is unread is bounded by one message. */
export class EventStream {
  readonly #response: ServerResponse;
  #behind = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** False while the page has too much to read. */
  get isReading(): boolean {
    return this.#response.writableLength < MAX_UNREAD_BYTES;
  }

  /** For how many rounds in a row it has had too much to read. */
  get behind(): number {
    return this.#behind;
  }

  /** True where nobody reads any more. */
  get isLeft(): boolean {
    return this.#behind > MAX_BEHIND;
  }

  /** To be called once a round. */
  look(): void {
    this.#behind = this.isReading ? 0 : this.#behind + 1;
  }

  /** JSON has no line breaks outside its strings, and none inside them. */
  send(id: string, data: unknown): void {
    this.#response.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Does not wait for whoever doesn't read. */
  end(): void {
    if (this.#response.writableLength === 0) this.#response.end();
    else this.#response.destroy();
  }
}
