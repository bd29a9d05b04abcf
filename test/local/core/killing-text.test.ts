import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { coreWorld, until } from '../../support/core.ts';
import { deployRuntime, RUNTIME } from '../../support/deployed-runtime.ts';
import { repositoryPath } from '../../support/paths.ts';
import { eventsOf, resultsOf, watchTelemetry } from '../../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const preload = pathToFileURL(repositoryPath('test/support/killing-text.mjs')).href;
const killing = { id: 'killing', text: 'the text that kills' };
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

describe.each<[PersonalityName, NodeJS.Signals]>([
  ['lite', 'SIGSEGV'],
  ['java', 'SIGKILL'],
])('a text that kills the runtime, under %s by %s', (personality, signal) => {
  it('is given up at the third start, which tells its sender and serves', async () => {
    const { core, broker } = await coreWorld(personality, { settleMs: 100 });
    const telemetry = await watchTelemetry(broker.url);
    onTestFinished(() => telemetry.close());
    await until(core.cloud.connected);
    const settings = { fleet: place.fleet, models: [bundle.folder], flushWaitMs: 5 };
    await deployRuntime(core, settings, `--import '${preload}?signal=${signal}'`);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'runtime-started'));

    await telemetry.classify(place, [killing, { id: 'beside', text: 'play some jazz' }]);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'command-given-up'));
    await telemetry.classify(place, [{ id: 'after', text: 'wake me at seven' }]);
    await telemetry.until((messages) => resultsOf(messages).some(({ requestId }) => requestId === 'after'));
    const order = JSON.stringify({ schemaVersion: 1, action: 'report-health' });
    await telemetry.client.publishAsync(`cmd/verge/${place.fleet}/${place.thing}/control`, order, { qos: 1 });
    const failed = (): number[] =>
      telemetry.messages.flatMap((message) =>
        message.stream === 'health' ? (message.envelope.data.counts?.failed ?? []) : [],
      );
    await telemetry.until(() => failed().includes(2));

    const component = core.component(RUNTIME);
    const error = { code: 'SOURCE_COMMAND_GIVEN_UP' };
    expect(resultsOf(telemetry.messages)).toMatchObject([
      { requestId: 'killing', error },
      { requestId: 'beside', error },
      { requestId: 'after', label: 'alarm' },
    ]);
    // The core counts the lives: one of them may die before it has said that it started.
    expect([component.state, component.restarts]).toEqual(['RUNNING', 2]);
  }, 120_000);
});
