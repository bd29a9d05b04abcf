import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AuthError, AwsError } from './aws-error.ts';
import type { Fault } from './faults.ts';
import type { Protocol } from './protocol/protocol.ts';
import type { AwsResponse, RequestHead } from './request.ts';

/** Every failure is an answer; what nobody foresaw is an InternalFailure, as it is at AWS. */
export async function attempt(
  protocol: Protocol,
  head: RequestHead,
  work: () => Promise<AwsResponse>,
): Promise<AwsResponse> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AwsError) return protocol.encodeError(error, head);
    if (error instanceof AuthError) return protocol.encodeError(protocol.authError(error), head);
    if (error instanceof RangeError)
      return protocol.encodeError(new AwsError('RequestTooLarge', 413, error.message), head);
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return protocol.encodeError(new AwsError('InternalFailure', 500, words), head);
  }
}

/** Sends an answer, or as much of it as a fault lets through. */
export async function send(
  { status, headers, body }: AwsResponse,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  response.writeHead(status, withLength(headers, body));
  if (request.method === 'HEAD') {
    if (body instanceof Readable) body.destroy();
    response.end();
    return;
  }
  const source = body instanceof Readable ? body : Readable.from(body === undefined ? [] : [Buffer.from(body)]);
  if (fault?.kind !== 'cut-answer' && fault?.kind !== 'stall-answer') return pipeline(source, response);
  await pipeline(source, firstBytes(fault.afterBytes), response, { end: false });
  // What was written still arrives.
  if (fault.kind === 'cut-answer') response.socket?.destroySoon();
}

function firstBytes(count: number): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (chunks) {
    let left = count;
    for await (const chunk of chunks) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
}

function withLength(headers: Readonly<Record<string, string>>, body: AwsResponse['body']): Record<string, string> {
  if (body instanceof Readable || headers['content-length'] !== undefined) return { ...headers };
  return { ...headers, 'content-length': String(body === undefined ? 0 : Buffer.byteLength(body)) };
}

/** Ends the connection. */
export function cut(response: ServerResponse): void {
  response.destroy();
}
