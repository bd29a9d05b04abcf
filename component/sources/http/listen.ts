import { lstat, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import { sourceErrors } from '../errors.ts';

export interface ListenOptions {
  readonly where: { readonly host: string; readonly port: number } | { readonly path: string };
  /** A request must have come in whole within this. */
  readonly timeoutMs: number;
  readonly handle: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => void;
}

export interface Listener {
  /** Where, as a caller names it. */
  readonly place: string;
  /** Takes no more connections; resolves when those there are have ended. */
  stop(): Promise<void>;
  /** Cuts off whoever is still there. */
  cut(): void;
}

/** A port that anybody on the device may open needs bounds. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS_MS = 10_000;
const MAX_STREAMS = 32;
const IDLE_MS = 5000;

/** How HTTP/2 begins where the client knows beforehand that it is spoken; no method of HTTP/1 begins so. */
const HTTP2_START = 'PRI';

/**
 * Listens for HTTP/1.1 and, on the same port, HTTP/2 without TLS: the Lex client of the AWS SDK for JavaScript speaks nothing
 * else. @throws VergeError SOURCE_HTTP_LISTEN
 */
export async function listen({ where, timeoutMs, handle }: ListenOptions): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: timeoutMs,
      headersTimeout: Math.min(timeoutMs, MAX_HEADERS_MS),
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: Math.min(1000, Math.ceil(timeoutMs / 2)),
    },
    handle,
  );
  server.maxConnections = MAX_CONNECTIONS;
  const silent = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createHttp2(sessions, timeoutMs, handle);
  const serveHttp1 = server.listeners('connection');
  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
    readStart(socket, HTTP2_START.length, timeoutMs, (start) => {
      silent.delete(socket);
      if (start === HTTP2_START) http2.emit('connection', socket);
      else {
        for (const serve of serveHttp1) serve.call(server, socket);
        socket.resume();
      }
    });
  });
  await open(server, where);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    place: 'path' in where ? where.path : `http://${where.host.includes(':') ? `[${where.host}]` : where.host}:${port}`,
    stop() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const socket of silent) socket.destroy();
      for (const session of sessions) session.close();
      return ended;
    },
    cut() {
      server.closeAllConnections();
      for (const session of sessions) session.destroy();
    },
  };
}

function createHttp2(sessions: Set<ServerHttp2Session>, timeoutMs: number, handle: ListenOptions['handle']) {
  const server = createHttp2Server({
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false },
    maxSessionMemory: 8,
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(Math.max(timeoutMs, IDLE_MS), () => session.close());
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  server.on('request', (request, response) => {
    // HTTP/1 has this of its server.
    const late = setTimeout(() => request.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), timeoutMs);
    request.once('end', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    handle(request, response);
  });
  return server;
}

/** Looks at the first bytes of a connection and puts them back. Whoever sends none in time is cut off. */
function readStart(socket: Socket, count: number, timeoutMs: number, then: (start: string) => void): void {
  let bytes = Buffer.alloc(0);
  const late = setTimeout(() => leave(), timeoutMs);
  const end = (): void => {
    clearTimeout(late);
    socket.off('data', look).off('end', leave).off('error', leave);
  };
  const leave = (): void => {
    end();
    socket.destroy();
  };
  const look = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < count) return;
    end();
    socket.pause();
    socket.unshift(bytes);
    then(bytes.toString('latin1', 0, count));
  };
  socket.on('data', look).on('end', leave).on('error', leave).once('close', end);
}

async function open(server: Server, where: ListenOptions['where']): Promise<void> {
  try {
    if ('path' in where && (await lstat(where.path).catch(() => undefined))?.isSocket()) {
      await rm(where.path, { force: true }); // left by a crash
    }
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw sourceErrors.make('SOURCE_HTTP_LISTEN', `the HTTP source cannot listen (${why})`, error);
  }
}
