import type { IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';
import { isSame, SESSION_COOKIE, sessionOf } from './guard.ts';

/** A token and where to go, no more. */
const MAX_FORM_BYTES = 4096;

/** Asks for the token and gives a session for it. The page of this address needs no script. */
export function signIn(request: IncomingMessage, answer: Answer, token: string): void {
  const to = targetOf(new URL(request.url ?? '', 'http://localhost').searchParams.get('to'));
  if (request.method !== 'POST') {
    answer.html(200, form(to, ''));
    return;
  }
  const pieces: Buffer[] = [];
  let size = 0;
  request.on('data', (piece: Buffer) => {
    size += piece.byteLength;
    if (size > MAX_FORM_BYTES) request.destroy();
    else pieces.push(piece);
  });
  request.on('end', () => {
    const given = new URLSearchParams(Buffer.concat(pieces).toString('utf8')).get('token') ?? '';
    if (!isSame(given, token))
      return answer.html(403, form(to, 'That is not the token. It was given to verge dashboard at its start.'));
    answer.redirect(to, { 'set-cookie': `${SESSION_COOKIE}=${sessionOf(token)}; HttpOnly; SameSite=Strict; Path=/` });
  });
}

/** Only an address of ours. */
function targetOf(to: string | null): string {
  return to !== null && /^\/(?![/\\])[^\s\\]*$/.test(to) ? to : '/';
}

function form(to: string, trouble: string): string {
  const action = `/sign-in?to=${encodeURIComponent(to)}`;
  const alert = trouble === '' ? '' : `<p role="alert" class="trouble">${trouble}</p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in · Verge</title><link rel="stylesheet" href="/page.css"><link rel="icon" href="/icon.svg"></head>
<body><main class="sign-in"><h1>Verge</h1>${alert}<form method="post" action="${action}"><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open the page</button></form></main></body></html>
`;
}
