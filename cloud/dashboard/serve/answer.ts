import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Asset } from './assets.ts';
import { SECURITY_HEADERS } from './guard.ts';

/** The ways to answer one request; all carry the security headers. */
export interface Answer {
  readonly response: ServerResponse;
  asset(asset: Asset): void;
  text(type: string, words: string): void;
  html(status: number, words: string): void;
  refuse(status: number, sentence: string): void;
  redirect(to: string, headers?: Readonly<Record<string, string>>): void;
  /** Who opens the page signs in; whoever calls is told how. */
  toSignIn(url: URL): void;
}

export function answerWith(request: IncomingMessage, response: ServerResponse): Answer {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const text = (status: number, type: string, words: string): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : words);
  };
  const answer: Answer = {
    response,
    asset({ type, plain, zipped, etag }) {
      const headers = { 'cache-control': 'no-cache', etag, vary: 'accept-encoding' };
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304, headers).end();
        return;
      }
      const isZipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
      const body = isZipped ? zipped : plain;
      response.writeHead(200, {
        ...headers,
        'content-type': type,
        'content-length': body.byteLength,
        ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
    text: (type, words) => text(200, type, words),
    html: (status, words) => text(status, 'text/html; charset=utf-8', words),
    refuse: (status, sentence) => text(status, 'text/plain; charset=utf-8', `${sentence}\n`),
    redirect(to, headers = {}) {
      response.writeHead(303, { location: to, 'cache-control': 'no-store', ...headers }).end();
    },
    toSignIn(url) {
      const isPage = String(request.headers.accept ?? '').includes('text/html');
      if (isPage) answer.redirect(`/sign-in?to=${encodeURIComponent(url.pathname + url.search)}`);
      else answer.refuse(401, 'Send the token: Authorization: Bearer …');
    },
  };
  return answer;
}
