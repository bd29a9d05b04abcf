import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configErrors } from '../../../../component/config/errors.ts';
import { parseSettings } from '../../../../component/config/parse-settings.ts';
import { readSettings } from '../../../../component/config/read-settings.ts';
import { parseHttpRoutes } from '../../../../component/contract/http-routes.ts';
import { settingsExample } from '../../../../component/contract/settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'verge-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string): string {
  const name = path.join(folder, 'settings.json');
  writeFileSync(name, content);
  return name;
}

describe('settings', () => {
  it('are completed with defaults and frozen', async () => {
    const settings = await parseSettings(settingsExample, 'here');

    expect(settings).toMatchObject({
      messageBytes: 5120,
      includeText: false,
      engineThreads: 1,
      drainTimeoutMs: 10_000,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('are read from a file', async () => {
    const name = file(JSON.stringify(settingsExample));

    const settings = await readSettings(name);

    expect(settings.thing).toBe('oven-17');
  });

  it('name every key that is wrong, with the file', async () => {
    const name = file(JSON.stringify({ ...settingsExample, messageBytes: 300_000, thing: 'a/b', heartbeatSecond: 3 }));

    const failure = await readSettings(name).catch((error: Error) => error.message);

    expect(failure).toContain(name);
    expect(failure).toContain('messageBytes');
    expect(failure).toContain('thing');
    expect(failure).toContain('heartbeatSecond');
  });

  it('fail with one code for each cause', async () => {
    const large = file(' '.repeat(70_000));
    const failures: Record<string, unknown> = {};
    const note = async (reading: Promise<unknown>): Promise<void> => {
      const error = await reading.catch((caught: { code: string; fault: string }) => caught);
      const { code, fault } = error as { code: string; fault: string };
      failures[code] = fault;
    };

    await note(readSettings(undefined));
    await note(readSettings(path.join(folder, 'absent.json')));
    await note(readSettings(large));
    await note(readSettings(file('{"fleet":')));
    await note(readSettings(file(JSON.stringify({ ...settingsExample, schemaVersion: 2 }))));
    await note(readSettings(file(JSON.stringify({ ...settingsExample, brokerKeyFile: '/k.pem' }))));

    expect(failures).toEqual(Object.fromEntries(Object.keys(configErrors.kinds).map((code) => [code, 'user'])));
  });

  it.each([{ driftPsiBegin: 0.2, driftPsiEnd: 0.2 }, { driftRateEnd: 0.5 }])(
    'refuse a drift that would begin and end at once: %j',
    async (bounds) => {
      const parsing = parseSettings({ ...settingsExample, ...bounds }, 'here');

      await expect(parsing).rejects.toThrow(/driftPsiBegin/);
    },
  );

  it.each(['http://x', 'mqtt://', 'broker', 'file:///etc/passwd', 'mqtt:// x'])(
    'refuse the broker %s',
    async (brokerUrl) => {
      const parsing = parseSettings({ ...settingsExample, brokerUrl }, 'here');

      await expect(parsing).rejects.toThrow(/brokerUrl/);
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.0.7', false],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
  ])('let HTTP be on %s without a token: %s', async (httpHost, allowed) => {
    const parse = (more: object): Promise<unknown> =>
      parseSettings({ ...settingsExample, httpPort: 0, httpHost, ...more }, 'here');

    if (allowed) await expect(parse({})).resolves.toMatchObject({ httpHost });
    else await expect(parse({})).rejects.toThrow(/httpTokenFile/);
    await expect(parse({ httpTokenFile: '/etc/verge/token' })).resolves.toMatchObject({ httpHost });
  });

  it.each([
    'comprehend:DetectSentiment',
    'comprehend:DetectSentiment=',
    'comprehend:DetectMood=mood',
    'DetectSentiment=mood',
    'lex:RecognizeText=Mood',
    'lex:RecognizeText=mood,,lex:RecognizeText=mood',
    'lex:RecognizeText/../x=mood',
  ])('refuse the routes %s', async (httpRoutes) => {
    const parsing = parseSettings({ ...settingsExample, httpRoutes }, 'here');

    await expect(parsing).rejects.toThrow(/httpRoutes/);
  });

  it('take routes apart', async () => {
    const { httpRoutes } = await parseSettings(
      { ...settingsExample, httpRoutes: 'comprehend:DetectSentiment=mood, lex:RecognizeText/ABCDEFGHIJ=intents' },
      'here',
    );

    expect(parseHttpRoutes(httpRoutes)).toEqual([
      { operation: 'comprehend:DetectSentiment', name: undefined, model: 'mood' },
      { operation: 'lex:RecognizeText', name: 'ABCDEFGHIJ', model: 'intents' },
    ]);
    expect(parseHttpRoutes('')).toEqual([]);
  });
});
