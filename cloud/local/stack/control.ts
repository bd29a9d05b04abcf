/**
 * How a stack in the background is asked and told what AWS has no call for: HTTP on an abstract Unix socket that is named
 * for the stack's folder. The kernel gives the name to one process at a time and takes it back however that ends, so
 * whoever answers there is the stack, and where nobody does there is none, whatever a file with a process id says.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { VergeError } from '../../../component/contract/error.ts';
import { collect } from '../aws/request.ts';

/** What may be said to a stack: a word, and a document. */
export type ControlHandlers = Readonly<Record<string, (body: unknown) => Promise<unknown> | unknown>>;

const MAX_BODY_BYTES = 1024 * 1024;
/** A stack that is busy with one of its devices still answers within this. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Answers until the process ends, and not a moment less. @param folder must exist. @throws Error EADDRINUSE where another process has this stack up, or is about to */
export async function serveControl(folder: string, token: string, handlers: ControlHandlers): Promise<void> {
  const server = createServer((asked, answer) => {
    handle(asked, token, handlers).then(
      ({ status, document }) => {
        answer.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        answer.end(JSON.stringify(document));
      },
      () => answer.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketOf(folder), resolve);
  });
}

/** What the stack answers; undefined where there is none. @throws Error with what it says against it */
export async function askControl(
  folder: string,
  token: string,
  word: string,
  body: object = {},
): Promise<{ readonly status: number; readonly document: unknown } | undefined> {
  let socketPath: string;
  try {
    socketPath = socketOf(folder);
  } catch {
    return undefined;
  }
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      // Reset: it ended while it was asked.
      if (['ECONNREFUSED', 'ECONNRESET', 'ENOENT'].includes(error.code ?? '')) resolve(undefined);
      else reject(error);
    };
    const asking = request(
      { socketPath, path: `/${word}`, method: 'POST', headers: { authorization: token }, timeout: ANSWER_TIMEOUT_MS },
      (answer) => {
        json(answer).then((document) => resolve({ status: answer.statusCode ?? 500, document }), failed);
      },
    );
    asking.once('timeout', () => asking.destroy(new Error(`The stack of ${folder} does not answer`)));
    asking.once('error', failed);
    asking.end(JSON.stringify(body));
  });
}

async function handle(
  asked: IncomingMessage,
  token: string,
  handlers: ControlHandlers,
): Promise<{ readonly status: number; readonly document: unknown }> {
  // Any process of this machine reaches an abstract socket; the token lies in the folder.
  if (!sameText(asked.headers.authorization ?? '', token)) return { status: 403, document: { message: 'forbidden' } };
  const handler = handlers[(asked.url ?? '/').slice(1)];
  if (!handler) return { status: 404, document: { message: 'unknown' } };
  try {
    const body: unknown = JSON.parse((await collect(asked, MAX_BODY_BYTES)).toString('utf8'));
    return { status: 200, document: (await handler(body)) ?? {} };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const known = error instanceof VergeError ? { code: error.code, message: error.what } : { message };
    return { status: 400, document: known };
  }
}

function socketOf(folder: string): string {
  const digest = createHash('sha256').update(realpathSync(folder)).digest('hex');
  return `\0verge-local-${digest.slice(0, 40)}`;
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
