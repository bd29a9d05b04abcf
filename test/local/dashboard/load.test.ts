import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consume } from '../../../cloud/consumer/consume.ts';
import { startDashboard } from '../../../cloud/dashboard/dashboard.ts';
import { TELEMETRY_STREAMS } from '../../../component/contract/topics.ts';
import { chromiumNote, hasChromium, launchChromium, openPage } from '../../support/chromium.ts';
import { healthOf, OLD, places, resultsOf } from '../../support/dashboard-scene.ts';
import { hasMosquitto, mosquittoNote, startMosquitto } from '../../support/mosquitto.ts';
import { repositoryPath } from '../../support/paths.ts';

const DEVICES = 500;
const RESULTS_PER_MESSAGE = 10;
/**
 * How long it sends, five thousand a second where the machine keeps up: the time it took is printed, not judged.
 * `VERGE_LOAD_SECONDS=300` for the figures of the documentation.
 */
const SECONDS = Number(process.env.VERGE_LOAD_SECONDS ?? 10);

describe.skipIf(!hasChromium || !hasMosquitto)(`the page under load${chromiumNote}${mosquittoNote}`, () => {
  it('counts every result of 500 devices once while it is open, and shows no more rows than it should', {
    timeout: SECONDS * 12_000 + 120_000,
  }, async () => {
    const broker = await startMosquitto(['max_queued_messages 0', 'max_inflight_messages 100']);
    onTestFinished(() => broker.close());
    const consumer = consume({ broker: broker.url, streams: TELEMETRY_STREAMS });
    const dashboard = await startDashboard({
      consumer,
      broker: broker.url,
      assetsFolder: repositoryPath('dist/dashboard'),
      host: '127.0.0.1',
      port: 0,
    });
    onTestFinished(() => dashboard.close());
    await consumer.ready;
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const { page, troubles } = await openPage(browser, `${dashboard.url}/results`);
    await page.locator('.connection.is-ok').waitFor();
    const client = await connectAsync(broker.url, { clientId: 'the-fleet' });
    onTestFinished(() => client.endAsync(true));
    const all = places(DEVICES);
    const before = process.cpuUsage();
    const startedMs = Date.now();
    const rss: number[] = [];
    const lags: number[] = [];

    for (let second = 1; second <= SECONDS; second++) {
      const startMs = Date.now();
      const results = Array.from({ length: RESULTS_PER_MESSAGE }, (_, at) => ({
        atMs: startMs,
        label: `label-${at}`,
        score: at / 10,
        ms: 1,
      }));
      for (const [at, place] of all.entries()) {
        if (second % 10 === 1) client.publish(...wire(healthOf(place, startMs, second)));
        client.publish(...wire(resultsOf(place, second, OLD, results)));
        if (at % 50 === 49)
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + at * 2 - Date.now()))); // spread over the second, as devices are
      }
      rss.push(process.memoryUsage.rss());
      lags.push(dashboard.live.lagSeconds ?? 0);
    }
    const sent = DEVICES * RESULTS_PER_MESSAGE * SECONDS;
    await expect
      .poll(() => dashboard.live.counts.answered, { timeout: SECONDS * 6000 + 60_000, interval: 50 })
      .toBe(sent);
    const takenSeconds = (Date.now() - startedMs) / 1000;
    await page.waitForFunction(`document.querySelector('tbody tr') !== null`);
    const rows = await page.locator('main tbody tr').count();
    await page.goto(`${dashboard.url}/`);
    await page.getByText(`${sent.toLocaleString('en')} seen in all`).waitFor();

    const { user, system } = process.cpuUsage(before);
    const heap = await page.evaluate<number>('performance.memory.usedJSHeapSize');
    console.log(
      JSON.stringify({
        sent,
        takenSeconds,
        cpuShare: (user + system) / 1e6 / takenSeconds,
        rssMB: rss.map((bytes) => Math.round(bytes / 1e6)).filter((_, at) => at % Math.ceil(SECONDS / 10) === 0),
        maxLagSeconds: Math.max(...lags),
        pageHeapMB: Math.round(heap / 1e6),
      }),
    );
    expect(dashboard.live.counts).toMatchObject({ answered: sent, missing: 0, malformed: 0 });
    expect(rows).toBeLessThanOrEqual(200);
    expect(troubles).toEqual([]);
  });
});

function wire({ topic, payload }: ReturnType<typeof healthOf>): [string, Buffer, { qos: 1 }] {
  return [topic, Buffer.from(payload), { qos: 1 }];
}
