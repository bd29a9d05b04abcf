import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { benchDesk, heldDesk } from '../../../../support/bench-desk.ts';
import { httpBench } from '../../../../support/http-bench.ts';

const ASK = JSON.stringify({ texts: ['wake me at seven'] });

function session(url: string): ClientHttp2Session {
  const client = connectHttp2(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.destroy());
  return client;
}

interface Outcome {
  readonly status: number | undefined;
  readonly body: string;
}

/** @param end false: the request is never finished */
function post(client: ClientHttp2Session, body: string, headers: object = {}, end = true): Promise<Outcome> {
  const stream = client.request({ ':method': 'POST', ':path': '/v1/classify', ...headers });
  let status: number | undefined;
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  stream.on('response', (head) => {
    status = Number(head[':status']);
  });
  stream.write(body);
  if (end) stream.end();
  return new Promise((resolve) => {
    stream.on('error', () => undefined).on('close', () => resolve({ status, body: text }));
  });
}

describe('HTTP/2 without TLS, on the same port', () => {
  it('is answered as HTTP/1.1 is, several requests of a connection side by side', async () => {
    const { url, delivered } = await httpBench();
    const client = session(url);

    const outcomes = await Promise.all([post(client, ASK), post(client, ASK), post(client, '{')]);

    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(JSON.parse(outcomes[0]?.body ?? '')).toMatchObject({ results: [{ label: 'alarm' }] });
    expect(delivered).toHaveLength(2);
  });

  it('has the same bounds on bodies, headers and browsers', async () => {
    const { url, asked } = await httpBench();
    const client = session(url);

    const large = await post(client, 'x'.repeat(100_001));
    const endless = await post(client, 'x'.repeat(1_000_000));
    const browser = await post(client, ASK, { origin: 'http://evil.example' });
    const many = await post(
      client,
      ASK,
      Object.fromEntries(Array.from({ length: 110 }, (_, index) => [`x-${index}`, 'a'])),
    );

    expect(large.status).toBe(413);
    expect(endless.body).not.toContain('results');
    expect(browser.status).toBe(403);
    expect(many.status).toBe(431);
    expect(asked).toEqual([]);
  });

  it('cuts off whoever does not finish a request, and whoever says nothing at all', async () => {
    const { url, port } = await httpBench(benchDesk(), {}, { timeoutMs: 200 });

    const slow = await post(session(url), '{', {}, false);
    const silent = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(port, '127.0.0.1').setEncoding('latin1');
      socket.on('data', (text: string) => {
        said += text;
      });
      socket.on('error', () => undefined).on('close', () => resolve(said));
    });

    expect(slow.status).toBeUndefined();
    expect(silent).toBe('');
  });

  it('finishes what was begun when it stops', async () => {
    const desk = heldDesk();
    const { url, source } = await httpBench(desk);
    const begun = post(session(url), ASK);
    await desk.untilAsked(1);

    source.stop();
    desk.finish();
    const { status } = await begun;
    await source.close();

    expect(status).toBe(200);
  });

  it('does not hold up the end where nobody finishes', async () => {
    const { url, source } = await httpBench();
    const client = session(url);
    const never = post(client, '{', {}, false);
    const silent = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => silent.once('connect', resolve));
    await post(client, ASK);

    await source.close();

    expect((await never).status).toBeUndefined();
  });
});
