import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** A request's first lines, before anything is believed. */
export interface RequestHead {
  readonly method: string;
  /** As it was sent, percent-encoded, without the query. */
  readonly path: string;
  /** As it was sent, without the question mark. */
  readonly query: string;
  /** Decoded; the first value of each name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
}

/** A request whose signature holds. */
export interface AwsRequest extends RequestHead {
  /** Without the framing of `aws-chunked`; throws where it isn't what was signed, so read it to its end. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Headers that came behind the body, known when it has been read. */
  readonly trailers: ReadonlyMap<string, string>;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | Readable;
}

export function readHead(request: IncomingMessage, requestId: string): RequestHead {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const query = mark < 0 ? '' : url.slice(mark + 1);
  const parameters = new Map<string, string>();
  for (const [name, value] of queryPairs(query)) if (!parameters.has(name)) parameters.set(name, value);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const path = mark < 0 ? url : url.slice(0, mark);
  return { method: request.method ?? 'GET', path, query, parameters, headers, requestId };
}

/** A plus is a plus: AWS services don't read it as a space. */
export function queryPairs(query: string): [string, string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? [decodePart(pair), '']
        : [decodePart(pair.slice(0, equals)), decodePart(pair.slice(equals + 1))];
    });
}

/** Percent-decoded where it can be. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @throws RangeError where there is more than a service takes */
export async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError(`The body is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
