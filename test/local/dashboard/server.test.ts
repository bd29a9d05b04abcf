import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Frame } from '../../../cloud/dashboard/wire/frame.ts';
import { sampleDataExample } from '../../../component/contract/sample.ts';
import { message, NOON, startTestDashboard, type TestMessage } from '../../support/dashboard.ts';
import { healthOf, OLD, resultsOf } from '../../support/dashboard-scene.ts';

const OVEN = { fleet: 'bakeries', thing: 'oven-01' };
const TOKEN = 'a-token-of-the-tests';

interface Told {
  readonly id: string;
  readonly frame: Frame;
}

/** The first events of a stream, then it is left. */
async function listen(url: string, count: number, headers: Record<string, string> = {}): Promise<Told[]> {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  const told: Told[] = [];
  let text = '';
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const found = /^id: (.*)\ndata: (.*)$/.exec(block);
      if (found) told.push({ id: found[1] ?? '', frame: JSON.parse(found[2] ?? '') });
    }
    if (told.length >= count) break;
  }
  stop.abort();
  return told.slice(0, count);
}

/** A request with a Host of the test's own, which fetch doesn't allow. */
function statusFor(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

/** Asks for the stream and reads nothing of it, resolved when the request is on its way. */
async function openUnread(url: string): Promise<Socket> {
  const { host, hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  socket.on('error', () => undefined); // it is hung up on
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  await new Promise<void>((resolve) => socket.write(`GET /live HTTP/1.1\r\nhost: ${host}\r\n\r\n`, () => resolve()));
  return socket;
}

/** Low-confidence texts as long as they may be: a megabyte on the page. */
function longSamples(round: number): TestMessage[] {
  return Array.from({ length: 500 }, (_, at) =>
    message(
      OVEN,
      'sample',
      { ...sampleDataExample, boot: 'b1', seq: round * 500 + at + 1, text: 'x'.repeat(2000) },
      NOON,
    ),
  );
}

describe('the server of the page', () => {
  it('sends a strict policy with everything, lets no other origin read, and has nothing from outside', async () => {
    const { url } = await startTestDashboard();

    const answers = await Promise.all(
      ['/', '/page.js', '/metrics', '/nothing.js', '/live/nothing'].map((path) => fetch(url + path)),
    );
    const html = await (await fetch(url)).text();

    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 404]);
    expect(html).not.toMatch(/https?:|<style|<script>|\son\w+=/);
  });

  it('keeps the script within 150 KB compressed', async () => {
    const { url } = await startTestDashboard();

    const { headers } = await fetch(`${url}/page.js`, { headers: { 'accept-encoding': 'gzip' } });

    expect(headers.get('content-encoding')).toBe('gzip');
    expect(Number(headers.get('content-length'))).toBeLessThan(150_000);
  });

  it('answers only to names of its own, whoever points theirs here', async () => {
    const { url } = await startTestDashboard({ names: ['fleet.example'] });
    const { port } = new URL(url);
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      '[::1]',
      'fleet.example',
    ];

    const statuses = await Promise.all(hosts.map((host) => statusFor(url, host)));

    expect(statuses).toEqual([421, 421, 421, 200, 200, 200, 200]);
  });

  it('asks for the token, by a page or in words, and takes it as a bearer or as a session', async () => {
    const { url } = await startTestDashboard({ token: TOKEN });
    const form = (token: string): Promise<Response> =>
      fetch(`${url}/sign-in?to=%2Ffleet`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ token }) });

    const page = await fetch(`${url}/fleet`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    const called = await fetch(`${url}/metrics`);
    const borne = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const wrong = await form('not-the-token');
    const signedIn = await form(TOKEN);
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    const opened = await fetch(`${url}/fleet`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
    const forged = await fetch(`${url}/fleet`, { headers: { cookie: 'verge-session=x' }, redirect: 'manual' });
    const away = await fetch(`${url}/sign-in?to=%2F%2Fevil.example`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: TOKEN }),
    });

    expect([page.status, page.headers.get('location')]).toEqual([303, '/sign-in?to=%2Ffleet']);
    expect([called.status, borne.status, wrong.status, opened.status, forged.status]).toEqual([
      401, 200, 403, 200, 401,
    ]);
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/fleet']);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    expect(away.headers.get('location')).toBe('/');
  });

  it('lets other machines in with a token alone, and with a good one', async () => {
    await expect(startTestDashboard({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'DASHBOARD_HOST_OPEN',
      fault: 'user',
    });
    await expect(startTestDashboard({ token: 'short' })).rejects.toMatchObject({
      code: 'DASHBOARD_TOKEN_WEAK',
      fault: 'user',
    });
  });

  it('says that its port is taken', async () => {
    const { url } = await startTestDashboard();

    const second = startTestDashboard({ port: Number(new URL(url).port) });

    await expect(second).rejects.toMatchObject({ code: 'DASHBOARD_PORT_TAKEN', fault: 'user' });
  });

  it('goes on from Last-Event-ID with what changed since, and starts anew for a stranger', async () => {
    const dashboard = await startTestDashboard();
    await dashboard.publish([healthOf(OVEN, NOON, 1)]);
    const [first] = await listen(`${dashboard.url}/live`, 1);
    await dashboard.publish([healthOf({ ...OVEN, thing: 'oven-02' }, NOON, 1)]);

    const [resumed] = await listen(`${dashboard.url}/live`, 1, { 'last-event-id': first?.id ?? '' });
    const [stranger] = await listen(`${dashboard.url}/live`, 1, { 'last-event-id': '000000000000.1' });

    expect([first?.frame.full, first?.frame.devices.length]).toEqual([true, 1]);
    expect([resumed?.frame.full, resumed?.frame.devices.map(([, thing]) => thing)]).toEqual([false, ['oven-02']]);
    expect([stranger?.frame.full, stranger?.frame.devices.length]).toEqual([true, 2]);
  });

  it('sends a view the newest results that it asks for, counts those it leaves out, and each once', async () => {
    const dashboard = await startTestDashboard();
    const results = Array.from({ length: 300 }, (_, at) => ({
      atMs: NOON - 300 + at,
      label: at % 2 ? 'alarm' : 'oos',
      score: 0.4,
      ms: 1,
    }));
    await dashboard.publish([resultsOf(OVEN, 1, OLD, results)]);

    const [told] = await listen(`${dashboard.url}/live/results?label=alarm&thing=oven`, 1);
    const [none] = await listen(`${dashboard.url}/live/results?only=failed`, 1);

    expect(told?.frame).toMatchObject({ rows: Array.from({ length: 100 }, () => ({ label: 'alarm' })), left: 0 });
    expect(none?.frame).toMatchObject({ rows: [], left: 0 });
  });

  it('hangs up on a stream that nobody reads, and on no other', async () => {
    const dashboard = await startTestDashboard({ everyMs: 10 });
    await openUnread(dashboard.url);
    const stop = new AbortController();
    const { body } = await fetch(`${dashboard.url}/live`, { signal: stop.signal });
    let isRead = true;
    const reading = (async () => {
      for await (const _ of body ?? []);
    })()
      .catch(() => undefined)
      .finally(() => {
        isRead = false;
      });
    expect(dashboard.pages()).toBe(2);

    for (let round = 0; dashboard.pages() > 1; round++) await dashboard.publish(longSamples(round));

    expect([dashboard.pages(), isRead]).toEqual([1, true]);
    stop.abort();
    await reading;
  });

  it('lets a new page in where all streams are taken, by ending the one that reads least', async () => {
    const dashboard = await startTestDashboard();
    for (let more = 0; more < 64; more++) await openUnread(dashboard.url);

    const told = [await listen(`${dashboard.url}/live`, 1), await listen(`${dashboard.url}/live`, 1)];

    expect(told.map(([first]) => first?.frame.full)).toEqual([true, true]);
    expect(dashboard.pages()).toBeLessThanOrEqual(64);
  });

  it('opens no stream for a request that wants the head alone', async () => {
    const { url, pages } = await startTestDashboard();

    const { status } = await fetch(`${url}/live`, { method: 'HEAD' });

    expect([status, pages()]).toEqual([405, 0]);
  });

  it('gives its numbers in OpenMetrics', async () => {
    const dashboard = await startTestDashboard();
    await dashboard.publish([
      healthOf(OVEN, NOON, 1),
      resultsOf(OVEN, 1, OLD, [{ atMs: NOON - 1000, label: 'a"b\\c\n{}', score: 0.9, ms: 1 }]),
    ]);

    const response = await fetch(`${dashboard.url}/metrics`);
    const text = await response.text();

    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(text).toContain('verge_fleet_devices{state="ready"} 1\n');
    expect(text).toContain('verge_results_week{model="intents-mini",version="1.2.0",label="a\\"b\\\\c\\n{}"} 1\n');
    expect(text).toMatch(/# EOF\n$/);
  });
});
