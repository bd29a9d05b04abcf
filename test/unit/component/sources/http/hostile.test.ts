import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { benchDesk, heldDesk } from '../../../../support/bench-desk.ts';
import { httpBench } from '../../../../support/http-bench.ts';

const CLASSIFY = '/v1/classify';
const ASK = JSON.stringify({ texts: ['wake me at seven'] });

/** Everything that comes back over a socket until the other side ends it. */
function exchange(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
    socket.on('error', () => undefined).on('close', () => resolve(said));
  });
}

function post(body: string | Buffer, headers = '', where = CLASSIFY): string {
  return `POST ${where} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

function statusOf(said: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1]);
}

describe('the HTTP source before hostile callers', () => {
  it('answers a plain request, once its result is with the outbox', async () => {
    const { url, delivered } = await httpBench();

    const response = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });
    const before = delivered.length;

    expect(response.status).toBe(200);
    expect(before).toBe(1);
    const requestId = response.headers.get('x-amzn-requestid');
    expect(await response.json()).toMatchObject({ results: [{ requestId, label: 'alarm' }] });
    expect(delivered).toMatchObject([{ requestId, label: 'alarm' }]);
  });

  it.each([
    ['no JSON', '{"texts":', 400],
    ['no object', 'null', 400],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400],
    ['JSON a thousand levels deep', '['.repeat(1000), 400],
    ['no texts', '{"texts":[]}', 400],
    ['a text that is a number', '{"texts":[1]}', 400],
    ['a model of another world', '{"texts":["a"],"model":"../../etc"}', 400],
  ])('refuses %s with a sentence', async (_what, body, status) => {
    const { url, asked } = await httpBench();

    const response = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
    expect(asked).toEqual([]);
  });

  it('refuses a body over its bound, announced or not, and keeps none of it', async () => {
    const { url, port, asked } = await httpBench();
    const chunk = `${(50_000).toString(16)}\r\n${'x'.repeat(50_000)}\r\n`;

    const announced = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body: 'x'.repeat(100_001) });
    const chunked = await exchange(
      port,
      `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`,
      chunk.repeat(4),
      '0\r\n\r\n',
    );
    const endless = await exchange(
      port,
      `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`,
      chunk.repeat(200),
    );

    expect(announced.status).toBe(413);
    expect(statusOf(chunked)).toBe(413);
    expect(endless).toBe('');
    expect(asked).toEqual([]);
  });

  it('cuts off whoever sends headers or a body without end', async () => {
    const { port } = await httpBench(benchDesk(), {}, { timeoutMs: 200 });

    const [headers, body] = await Promise.all([
      exchange(port, `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\nx-a: `),
      exchange(port, `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{`),
    ]);

    expect(statusOf(headers)).toBe(408);
    expect([408, Number.NaN]).toContain(statusOf(body));
  });

  it('refuses floods of headers', async () => {
    const { port, asked } = await httpBench();

    const large = await exchange(port, post(ASK, `x-a: ${'x'.repeat(20_000)}\r\n`));
    const many = await exchange(port, post(ASK, 'x-a: b\r\n'.repeat(3000)));

    expect(statusOf(large)).toBe(431);
    expect(statusOf(many)).toBe(431);
    expect(asked).toEqual([]);
  });

  it('holds a bounded number of connections, and answers again when they have gone', async () => {
    const { port, url } = await httpBench();
    const sockets = await Promise.all(
      Array.from({ length: 64 }, () => {
        return new Promise<Socket>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', () => undefined);
        });
      }),
    );

    const beyond = await exchange(port, post(ASK));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.end().once('close', resolve))));
    const after = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });

    expect(beyond).toBe('');
    expect(after.status).toBe(200);
  });

  it.each([
    ['nonsense', 'HELLO\r\n\r\n'],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['two lengths', `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`],
    [
      'a length beside chunks',
      `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
  ])('turns %s away', async (_what, bytes) => {
    const { port, asked } = await httpBench();

    const said = await exchange(port, bytes);

    expect(statusOf(said)).toBe(400);
    expect(asked).toEqual([]);
  });

  it.each(['/', '/v1/models', '/endpoints/../../etc/passwd/invocations', '/endpoints/%00/invocations', '/%', '//x'])(
    'knows nothing of POST %s',
    async (where) => {
      const { port, asked } = await httpBench();

      const said = await exchange(port, post(ASK, '', where));

      expect(statusOf(said)).toBe(404);
      expect(said).toContain('UnknownOperationException');
      expect(asked).toEqual([]);
    },
  );

  it('answers no page in a browser', async () => {
    const { port, asked } = await httpBench();

    const page = await exchange(port, post(ASK, 'origin: http://evil.example\r\n'));
    const fetched = await exchange(port, post(ASK, 'sec-fetch-site: cross-site\r\n'));

    expect([statusOf(page), statusOf(fetched)]).toEqual([403, 403]);
    expect(asked).toEqual([]);
  });

  it('refuses at once when there is no room, and reports nothing of it', async () => {
    const slow = heldDesk(1);
    const { url, delivered } = await httpBench(slow);
    const first = fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });
    await slow.untilAsked(1);

    const second = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });
    slow.finish();

    expect(second.status).toBe(429);
    expect((await first).status).toBe(200);
    expect(delivered).toHaveLength(1);
  });

  it('finishes what was begun when it stops, and takes nothing more', async () => {
    const slow = heldDesk();
    const { url, source } = await httpBench(slow);
    const begun = fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });
    await slow.untilAsked(1);

    source.stop();
    const refused = fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK }).catch(() => 'refused');
    slow.finish();
    const response = await begun;
    await source.close();
    await source.close();

    expect(response.status).toBe(200);
    expect(await refused).toBe('refused');
  });

  it('is not held up by whoever goes away', async () => {
    const slow = heldDesk();
    const { port, url, until } = await httpBench(slow);
    const leaver = connect(port, '127.0.0.1', () => leaver.write(post(ASK)));
    leaver.on('error', () => undefined);
    await slow.untilAsked(1);

    leaver.destroy();
    slow.finish();
    await until((delivered) => delivered.length === 1); // it was accepted, so its result is reported
    const response = fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK });
    await slow.untilAsked(2);
    slow.finish();

    expect((await response).status).toBe(200);
  });
});

describe('the token of the HTTP source', () => {
  const token = 'a-token-of-the-test_4711';
  const sigv4 = (key: string): string =>
    `AWS4-HMAC-SHA256 Credential=${key}/20260504/eu-west-1/comprehend/aws4_request, SignedHeaders=host, Signature=00`;

  it.each([
    ['Bearer', `Bearer ${token}`, 200],
    ['an access key id', sigv4(token), 200],
    ['another token', `Bearer ${token}x`, 403],
    ['another access key id', sigv4('AKIAIOSFODNN7EXAMPLE'), 403],
    ['nothing', undefined, 403],
    ['an empty Bearer', 'Bearer ', 403],
    ['a key id that only begins so', sigv4(`${token}0`), 403],
  ])('is looked for in %s', async (_what, authorization, status) => {
    const { url } = await httpBench(benchDesk(), {}, { token });

    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${url}${CLASSIFY}`, { method: 'POST', body: ASK, headers });

    expect(response.status).toBe(status);
  });

  it('must be one', async () => {
    const start = httpBench(benchDesk(), {}, { token: 'short' });

    await expect(start).rejects.toMatchObject({ code: 'SOURCE_HTTP_TOKEN' });
  });
});

describe('where the HTTP source listens', () => {
  it('may be a Unix socket, also where a crash left one', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-http-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = path.join(folder, 'http.sock');
    const first = await httpBench(benchDesk(), {}, { socketPath });
    const second = await httpBench(benchDesk(), {}, { socketPath, port: 0 });

    const status = await new Promise<number | undefined>((resolve) => {
      const ask = request({ socketPath, path: CLASSIFY, method: 'POST' }, (response: IncomingMessage) =>
        resolve(response.resume().statusCode),
      );
      ask.end(ASK);
    });

    expect(status).toBe(200);
    expect(second.delivered).toHaveLength(1);
    expect(first.delivered).toHaveLength(0);
    expect(existsSync(socketPath)).toBe(true);
  });

  it('is never a file that is something else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-http-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = path.join(folder, 'precious');
    writeFileSync(socketPath, 'precious');

    const start = httpBench(benchDesk(), {}, { socketPath, port: undefined });

    await expect(start).rejects.toMatchObject({ code: 'SOURCE_HTTP_LISTEN', fault: 'user' });
    expect(existsSync(socketPath)).toBe(true);
  });

  it('is said to be taken where it is', async () => {
    const { port } = await httpBench();

    const start = httpBench(benchDesk(), {}, { port });

    await expect(start).rejects.toMatchObject({ code: 'SOURCE_HTTP_LISTEN' });
  });
});
