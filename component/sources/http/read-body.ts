import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

/** So much of a body that is too large is still let in and thrown away, so that the client reads why. */
const DISCARD_FACTOR = 4;

/** Whoever asked has gone, or goes on and on: there is nobody to answer. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/**
 * Reads a body; undefined where it has over `maxBytes`. Never holds more than that. By events, since leaving a `for await`
 * over a request of HTTP/2 early waits for ever. @throws CutOff
 */
export function readBody(request: IncomingMessage | Http2ServerRequest, maxBytes: number): Promise<Buffer | undefined> {
  const mostBytes = maxBytes * DISCARD_FACTOR;
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const cutOff = (): void => reject(new CutOff('the body did not come in'));
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= maxBytes) chunks.push(part);
      else chunks = [];
      if (bytes > mostBytes) cutOff();
    });
    request.once('end', () => resolve(bytes > maxBytes ? undefined : Buffer.concat(chunks)));
    request.once('error', cutOff).once('aborted', cutOff).once('close', cutOff);
  });
}
