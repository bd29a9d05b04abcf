import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFeed } from '../../../cloud/dashboard/rollouts/state-feed.ts';
import { chromiumNote, hasChromium, launchChromium, openPage } from '../../support/chromium.ts';
import { startTestDashboard, type TestDashboard } from '../../support/dashboard.ts';
import { GOOD_STEPS, keepState, STOPPED_STEPS } from '../../support/dashboard-rollouts.ts';
import { BASELINES, playScene } from '../../support/dashboard-scene.ts';
import { memoryStates } from '../../support/memory-states.ts';
import { repositoryPath } from '../../support/paths.ts';

const FOLDER = repositoryPath('.verge/screenshots');
/**
 * `VERGE_SCREENSHOTS=docs` makes those of the documentation anew. Nobody compares them by themselves: fonts differ between
 * machines.
 */
const DOCUMENTED: ReadonlySet<string> = new Set(
  process.env.VERGE_SCREENSHOTS === 'docs'
    ? ['overview-light-1440', 'fleet-light-1440', 'models-dark-1440', 'rollouts-dark-1440', 'overview-light-360']
    : [],
);

const VIEWS: Readonly<Record<string, string>> = {
  overview: '/',
  fleet: '/fleet?sort=state',
  device: '/device/bakeries/oven-13',
  results: '/results',
  models: '/models/intents-mini',
  rollouts: '/rollouts',
  events: '/events',
  texts: '/texts',
};

describe.skipIf(!hasChromium)(`pictures of the page${chromiumNote}`, () => {
  let browser: Browser;
  let dashboard: TestDashboard;
  const ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    ends.push(() => browser.close());
    const states = memoryStates();
    for (const state of [...GOOD_STEPS.slice(-1), ...STOPPED_STEPS.slice(-1)]) await keepState(states, state);
    const rollouts = stateFeed(states, 's3://verge-demo');
    dashboard = await startTestDashboard({ baselines: BASELINES, rollouts }, (end) => ends.push(end));
    await playScene(dashboard);
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  const shots = Object.entries(VIEWS).flatMap(([name, address]) => [
    { name, address, scheme: 'light' as const, width: 1440, height: 900 },
    { name, address, scheme: 'dark' as const, width: 1440, height: 900 },
    { name, address, scheme: 'light' as const, width: 360, height: 740 },
    { name, address, scheme: 'dark' as const, width: 3840, height: 2160 },
  ]);
  it.each(shots)('shows $name, $scheme, at $width', async ({ name, address, scheme, width, height }) => {
    const { page, troubles } = await openPage(browser, `${dashboard.url}${address}`, {
      colorScheme: scheme,
      viewport: { width, height },
    });
    await page.locator('.connection.is-ok').waitFor();
    await page.locator('main .card, main .fleet-table').first().waitFor();

    const picture = `${name}-${scheme}-${width}`;
    const folder = DOCUMENTED.has(picture) ? repositoryPath('docs/screenshots') : FOLDER;
    await page.screenshot({ path: path.join(folder, `${picture}.png`) });

    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(troubles).toEqual([]);
  });
});
