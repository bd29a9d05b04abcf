import type { ServerResponse } from 'node:http';

/** A page that doesn't read as fast is sent nothing more until it has; then it gets what changed in between. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 2_000;

/** One page that listens: server-sent events whose ids say how far it is. */
export class EventStream {
  readonly #response: ServerResponse;

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

  /** JSON has no line breaks outside its strings, and none inside them. */
  send(id: string, data: unknown): void {
    this.#response.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#response.end();
  }
}
