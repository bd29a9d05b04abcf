import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Documents } from '../../../cloud/aws/documents.ts';
import { stateFeed } from '../../../cloud/dashboard/rollouts/state-feed.ts';
import { bucketStates } from '../../../cloud/rollout/run/bucket-states.ts';
import { healthDataExample } from '../../../component/contract/health.ts';
import { startTestStack } from '../../support/aws-stack.ts';
import { chromiumNote, hasChromium, launchChromium, openPage } from '../../support/chromium.ts';
import { message, NOON, startTestDashboard, type TestDashboard } from '../../support/dashboard.ts';
import { GOOD_STEPS, keepState, STOPPED_STEPS } from '../../support/dashboard-rollouts.ts';
import { BASELINES, healthOf, OLD, places, playScene, resultsOf } from '../../support/dashboard-scene.ts';
import { memoryStates } from '../../support/memory-states.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const VIEWS = [
  '/',
  '/fleet',
  '/device/bakeries/oven-13',
  '/results',
  '/models/intents-mini',
  '/rollouts',
  '/events',
  '/texts',
] as const;
const WIDTHS = [360, 768, 1440, 3840] as const;

/** What stands in the main part, clocks aside. */
async function wordsOf(page: Page): Promise<string> {
  await page.locator('.connection.is-ok').waitFor();
  await page.locator('main .card, main .fleet-table').first().waitFor();
  return page.locator('main').innerText();
}

describe.skipIf(!hasChromium)(`the page${chromiumNote}`, () => {
  let browser: Browser;
  let scene: TestDashboard;
  const ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    ends.push(() => browser.close());
    const states = memoryStates();
    for (const state of [...GOOD_STEPS.slice(-1), ...STOPPED_STEPS.slice(-1)]) await keepState(states, state);
    scene = await startTestDashboard({ baselines: BASELINES, rollouts: stateFeed(states, 's3://verge') }, (end) =>
      ends.push(end),
    );
    await playScene(scene);
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it('follows a rollout that goes well, from the bucket in which its state is kept', async () => {
    const stack = await startTestStack();
    await stack.put('verge-rollouts', 'made', '');
    const stop = new AbortController();
    const documents = s3Documents({ client: stack.s3(), bucket: 'verge-rollouts', signal: stop.signal });
    const store = bucketStates(documents);
    const dashboard = await startTestDashboard({ rollouts: stateFeed(store, 's3://verge-rollouts') });
    const { page, troubles } = await openPage(browser, `${dashboard.url}/rollouts`);
    await page.getByText('No rollout has been started').waitFor();

    const seen: string[] = [];
    for (const state of GOOD_STEPS) {
      await keepState(store, state);
      await page.getByText(state.journal.at(-1)?.words ?? '').waitFor();
      seen.push((await page.locator('.wave').first().locator('.badge').first().innerText()).trim());
    }

    expect(seen.map((words) => words.replace(/^\W+/, ''))).toEqual(['deploying', 'baking', 'passed']);
    expect(await page.locator('.rollout > .card > .head .badge').innerText()).toContain('done');
    expect(await page.locator('.wave').allInnerTexts()).toEqual([
      expect.stringContaining('3 healthy'),
      expect.stringContaining('13 healthy'),
    ]);
    expect(troubles).toEqual([]);
  });

  it('follows a rollout that a gate stops, to the reason, the gate and the device', async () => {
    const states = memoryStates();
    const [first, last] = STOPPED_STEPS;
    if (first === undefined || last === undefined) throw new Error('no steps');
    await keepState(states, first);
    const dashboard = await startTestDashboard({ rollouts: stateFeed(states, 's3://verge') });
    const { page, troubles } = await openPage(browser, `${dashboard.url}/rollouts/intents-1-4-0`);
    await page.locator('.wave-baking').waitFor();

    await keepState(states, last);
    await page.locator('.wave-reverted').waitFor();

    expect(await page.locator('.rollout > .card > .head .badge').innerText()).toContain('rolled back');
    expect(await page.locator('tr', { hasText: 'confidence ≥ 0.97' }).innerText()).toMatch(/0\.74 of 388.*fail/s);
    expect(await page.locator('.wave').first().innerText()).toContain('MODEL_GOLDEN_FAILED');
    expect(await page.locator('.wave').last().innerText()).toMatch(/waiting[\s\S]*13 devices/);
    expect(await page.locator('.journal').innerText()).toContain('13 never saw 1.4.0');
    expect(troubles).toEqual([]);
  });

  it('is used by keyboard alone: found, sorted, opened, left, and its theme chosen', async () => {
    const { page } = await openPage(browser, `${scene.url}/`);
    await wordsOf(page);
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement.innerText || document.activeElement.value');

    await page.keyboard.press('Tab');
    expect(await focused()).toContain('Skip to the content');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Overview');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/fleet');
    await page.locator('[role=row]').nth(3).waitFor(); // drawn, so that the key is listened for
    await page.keyboard.press('/');
    await page.locator('input[type=search]:focus').waitFor();
    await page.keyboard.type('kiosk');
    await page.waitForURL('**/fleet?q=kiosk');
    await page.locator('[role=row][data-active]').waitFor();
    for (
      let presses = 0;
      presses < 40 && !(await page.evaluate('document.activeElement.matches("[role=row]")'));
      presses++
    ) {
      await page.keyboard.press('Tab');
    }
    const row = (name: string): Promise<void> => page.locator('[role=row]:focus', { hasText: name }).waitFor();
    await page.keyboard.press('ArrowDown');
    await row('kiosk-06');
    await page.keyboard.press('ArrowDown');
    await row('kiosk-09');
    await page.keyboard.press('End');
    await row('kiosk-24');
    await page.keyboard.press('Home');
    await row('kiosk-03');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/device/kiosks/kiosk-03');
    await page.locator('h1', { hasText: 'kiosk-03' }).waitFor();
    await page.goBack(); // the browser's own key for it is not part of the page
    await page.waitForURL('**/fleet?q=kiosk');
    expect(await page.locator('input[type=search]').inputValue()).toBe('kiosk');
    await page.getByRole('combobox', { name: 'Theme' }).focus();
    for (const theme of ['light', 'dark']) {
      await page.keyboard.press('ArrowDown');
      await page.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' });
    }
  });

  it.each(VIEWS.flatMap((view) => (['light', 'dark'] as const).map((colorScheme) => ({ view, colorScheme }))))(
    'has nothing that axe would change: $view, $colorScheme',
    async ({ view, colorScheme }) => {
      const { page, troubles } = await openPage(browser, `${scene.url}${view}`, { colorScheme });
      await wordsOf(page);

      await page.evaluate(AXE);
      const found = await page.evaluate<{
        violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
      }>("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })");

      expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)).toEqual(
        [],
      );
      expect(troubles).toEqual([]);
    },
  );

  it.each(WIDTHS)('fits into %i pixels without scrolling sideways, every view', async (width) => {
    const { page } = await openPage(browser, `${scene.url}/`, { viewport: { width, height: 800 } });
    const overflows: Record<string, unknown> = {};

    for (const view of VIEWS) {
      await page.goto(`${scene.url}${view}`);
      await wordsOf(page);
      overflows[view] = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    }

    expect(overflows).toEqual(Object.fromEntries(VIEWS.map((view) => [view, 0])));
  });

  it.each(VIEWS)('shows the same after a reload, and to whoever opens the same address: %s', async (view) => {
    const { page } = await openPage(browser, `${scene.url}${view}`);
    const first = await wordsOf(page);

    await page.reload();
    const again = await wordsOf(page);
    const other = await openPage(browser, page.url());
    const elsewhere = await wordsOf(other.page);

    expect(again).toBe(first);
    expect(elsewhere).toBe(first);
  });

  it('goes on where it stopped after it was hidden, without starting anew', async () => {
    const dashboard = await startTestDashboard();
    await dashboard.publish([healthOf({ fleet: 'bakeries', thing: 'oven-01' }, NOON, 1)]);
    const { page } = await openPage(browser, `${dashboard.url}/fleet`);
    await page.getByText('oven-01').waitFor();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));

    await page.evaluate(
      "Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))",
    );
    await dashboard.publish([healthOf({ fleet: 'bakeries', thing: 'oven-02' }, NOON, 1)]);
    await page.evaluate(
      "Object.defineProperty(document, 'hidden', { value: false, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))",
    );
    await page.getByText('oven-02').waitFor();

    expect(requests.filter((url) => url.includes('/live'))).toEqual([
      expect.stringMatching(/\/live\?since=[0-9a-f]{12}\.\d+$/),
    ]);
    expect(await page.locator('.fleet-body [role=row]').count()).toBe(2);
  });

  it('scrolls through ten thousand devices of which only those seen exist, and finds one by name', async () => {
    const dashboard = await startTestDashboard();
    const many = places(10_000);
    await dashboard.publish(many.map((place, at) => healthOf(place, NOON, 1, { textsPerSecond: at })));
    const { page, troubles } = await openPage(browser, `${dashboard.url}/fleet?sort=-rate`);
    await page.getByText('10,000 devices').waitFor();

    const drawn = await page.locator('.fleet-body [role=row]').count();
    await page.locator('[role=row][data-active]').focus();
    await page.keyboard.press('End');
    await page.locator('[role=row]:focus[aria-rowindex="10001"]').waitFor();
    await page.getByRole('searchbox').fill('oven-4999');
    await page.waitForURL('**q=oven-4999*');
    const found = await page.locator('.fleet-body [role=row]').allInnerTexts();

    expect(drawn).toBeLessThan(80);
    expect(found).toEqual([expect.stringContaining('oven-4999')]);
    expect(troubles).toEqual([]);
  });

  it('shows what hostile senders write as words, in every view', async () => {
    const dashboard = await startTestDashboard();
    const place = { fleet: 'bakeries', thing: 'oven-01' };
    const attack = `<img src=x onerror="alert('owned')"><script>alert('owned')</script>`;
    const breakout = `"><svg onload=alert('owned')>' onmouseover=alert('owned') javascript:alert('owned') \u202Egnol`;
    await dashboard.publish([
      healthOf(place, NOON, 1, { models: [OLD], runtimeVersion: '<b>0.1.0</b>', lastEnd: '<i>died</i>' }),
      resultsOf(place, 1, OLD, [
        { atMs: NOON - 10_000, label: attack.slice(0, 256), score: 0.2, ms: 1, text: attack },
        { atMs: NOON - 9_000, label: breakout, score: 0.9, ms: 1, text: breakout },
      ]),
      message(
        place,
        'event',
        {
          schemaVersion: 1,
          boot: 'b1',
          seq: 1,
          name: 'request-refused',
          at: new Date(NOON).toISOString(),
          message: attack,
          code: 'MESSAGE_NOT_JSON',
        },
        NOON,
      ),
      message(
        place,
        'sample',
        {
          schemaVersion: 1,
          boot: 'b1',
          seq: 1,
          model: OLD,
          requestId: attack.slice(0, 128),
          observedAt: new Date(NOON).toISOString(),
          text: breakout,
          label: attack,
          score: 0.1,
          reason: 'low-confidence',
        },
        NOON,
      ),
      { topic: 'dt/verge/bakeries/<img src=x onerror=alert(1)>/result', payload: attack, items: 1 },
      {
        topic: 'dt/verge/bakeries/oven-01/health',
        payload: JSON.stringify({ ...healthDataExample, attack }),
        items: 1,
      },
    ]);
    const { page, troubles } = await openPage(browser, `${dashboard.url}/`);

    for (const view of [
      '/',
      '/fleet',
      '/device/bakeries/oven-01',
      '/results',
      '/models/intents-mini',
      '/events',
      '/texts',
      `/models/${encodeURIComponent(attack)}`,
      `/results?label=${encodeURIComponent(attack)}&thing=${encodeURIComponent(breakout)}`,
      `/device/${encodeURIComponent(attack)}/x`,
    ]) {
      await page.goto(`${dashboard.url}${view}`);
      await page.locator('.connection.is-ok').waitFor();
      await page.locator('main h1').waitFor({ state: 'attached' });
      expect(
        await page.locator('main img, main script, main svg:not(.swatch), main b:has-text("0.1.0"), main i').count(),
      ).toBe(0);
    }
    await page.goto(`${dashboard.url}/events`);
    const words = await page.locator('main td').allInnerTexts();

    expect(words).toContain(attack);
    expect(troubles.filter((trouble) => !trouble.includes('status of 404'))).toEqual([]);
  });

  it('says what to type where there is no data', async () => {
    const dashboard = await startTestDashboard();
    const { page, troubles } = await openPage(browser, `${dashboard.url}/`);
    const said: string[] = [];

    for (const view of ['/', '/fleet', '/results', '/models', '/rollouts', '/events', '/texts']) {
      await page.goto(`${dashboard.url}${view}`);
      said.push(await page.locator('.empty').innerText());
    }

    expect(said[0]).toContain('node dist/component/main.js settings.json');
    expect(said.filter((words) => !/verge |npm start|includeText|appear here/.test(words))).toEqual([]);
    expect(troubles).toEqual([]);
  });
});
