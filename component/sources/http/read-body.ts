import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

/** So much of a body that is too large is still let in and thrown away, so that the client reads why. */
const DISCARD_FACTOR = 4;

/** Whoever asked has gone, or goes on and on: there is nobody to answer. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/** Bytes that the bodies of all requests may take together, however many connections and streams there are. */
export class BodyRoom {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * Reads a body, or says why it is not kept; its bytes are to be given back to the room. By events, since leaving a `for await`
 * over a request of HTTP/2 early waits for ever. @throws CutOff
 */
export function readBody(
  request: IncomingMessage | Http2ServerRequest,
  maxBytes: number,
  room: BodyRoom,
): Promise<Buffer | 'too-large' | 'no-room'> {
  const mostBytes = maxBytes * DISCARD_FACTOR;
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return Promise.resolve('too-large');
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let held = 0;
    let bytes = 0;
    let why: 'too-large' | 'no-room' | undefined;
    const drop = (): void => {
      room.give(held);
      held = 0;
      chunks = [];
    };
    const cutOff = (): void => {
      drop();
      reject(new CutOff('the body did not come in'));
    };
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > maxBytes) why = 'too-large';
      else if (why === undefined && !room.take(part.length)) why = 'no-room';
      if (why !== undefined) {
        drop();
        if (bytes > mostBytes) cutOff();
        return;
      }
      held += part.length;
      chunks.push(part);
    });
    request.once('end', () => {
      request.off('error', cutOff).off('aborted', cutOff).off('close', cutOff); // from here on the bytes are the caller's
      resolve(why ?? Buffer.concat(chunks));
    });
    request.once('error', cutOff).once('aborted', cutOff).once('close', cutOff);
  });
}
