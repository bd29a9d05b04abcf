import type { IncomingMessage } from 'node:http';

/** So much of a body that is too large is still let in and thrown away, so that the client reads why. */
const DISCARD_FACTOR = 4;

/** Reads a body; undefined where it has over `maxBytes`. Never holds more than that. @throws Error where the caller goes away */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes * DISCARD_FACTOR) return undefined;
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBytes * DISCARD_FACTOR) return undefined;
    if (bytes <= maxBytes) chunks.push(part);
    else chunks = [];
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks);
}
