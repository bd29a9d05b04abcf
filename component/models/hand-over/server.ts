import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type * as z from 'zod';
import { asVergeError } from '../../contract/as-verge-error.ts';
import {
  HAND_OVER_PATH,
  MAX_HAND_OVER_BYTES,
  type Offer,
  offerSchema,
  type Release,
  releaseSchema,
  type Verdict,
} from '../../contract/hand-over.ts';
import { MESSAGE_SCHEMA_VERSION } from '../../contract/parts.ts';
import { readVersioned } from '../../contract/read-json.ts';
import { modelErrors } from '../host/errors.ts';

export interface HandOverHost {
  offer(offer: Offer): Promise<Verdict>;
  release(release: Release): void;
}

export interface HandOverServer {
  /** Takes no more offers; those under way are answered. Safe to call twice. */
  close(): Promise<void>;
}

/** Nobody has a reason to hold more of them open. */
const MAX_CONNECTIONS = 64;

/**
 * Takes models from model components: HTTP over a Unix socket in the work folder.
 * @param socketPath relative to the work folder, so that it is short; what a crash left there is replaced
 */
export async function startHandOver(socketPath: string, host: HandOverHost): Promise<HandOverServer> {
  const server = createServer((request, response) => void answer(request, response, host));
  server.maxConnections = MAX_CONNECTIONS;
  await rm(socketPath, { force: true });
  await listen(server, socketPath);
  let closing: Promise<void> | undefined;
  return {
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      return closing;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, host: HandOverHost): Promise<void> {
  const reply = (status: number, verdict: Verdict): void => {
    const body = JSON.stringify(verdict);
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
  };
  try {
    if (request.method === 'POST' && request.url === HAND_OVER_PATH) {
      reply(200, await host.offer(await readBody(request, offerSchema)));
    } else if (request.method === 'POST' && request.url === `${HAND_OVER_PATH}/release`) {
      host.release(await readBody(request, releaseSchema));
      response.writeHead(204, { connection: 'close' }).end();
    } else {
      throw modelErrors.make(
        'MODEL_OFFER_INVALID',
        `${request.method} ${request.url?.slice(0, 100)} is none of its paths`,
      );
    }
  } catch (error) {
    const { code, message, fault } = asVergeError(error);
    reply(fault === 'user' ? 422 : 500, { accepted: false, code, message: message.slice(0, MAX_MESSAGE_LENGTH) });
  }
}

const MAX_MESSAGE_LENGTH = 2000;

async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_HAND_OVER_BYTES) {
      throw modelErrors.make('MODEL_OFFER_INVALID', `the offer has over ${MAX_HAND_OVER_BYTES} bytes`);
    }
    chunks.push(part);
  }
  const read = readVersioned(schema, MESSAGE_SCHEMA_VERSION, Buffer.concat(chunks));
  if (!read.ok) throw modelErrors.make('MODEL_OFFER_INVALID', `the offer cannot be read: ${read.failure.message}`);
  return read.value;
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => resolve());
  });
}
