import type { ServerResponse } from 'node:http';

/** A page that has so much to read is sent nothing more until it has; then it gets what changed in between. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Rounds in a row, each about a second, in which a page with too much to read took none of it: then nobody reads it. */
const MAX_BEHIND = 30;
const RETRY_MS = 2_000;

/** One page that listens: server-sent events whose ids say how far it is. What is unread is bounded by one message. */
export class EventStream {
  readonly #response: ServerResponse;
  #behind = 0;
  #unread = 0;

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

  /** For how many rounds in a row it has had too much to read and has taken none of it. */
  get behind(): number {
    return this.#behind;
  }

  /** True where nobody reads any more. */
  get isLeft(): boolean {
    return this.#behind > MAX_BEHIND;
  }

  /** To be called once a round. A slow line that goes on taking what it was sent is not behind. */
  look(): void {
    const unread = this.#response.writableLength;
    this.#behind = this.isReading || unread < this.#unread ? 0 : this.#behind + 1;
    this.#unread = unread;
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
