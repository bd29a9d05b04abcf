import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../cloud/local/broker/broker.ts';
import { modelPublication } from '../../../cloud/publish/publication-of.ts';
import { openBundle } from '../../../component/models/open-bundle.ts';
import { modelRecipe } from '../../../recipes/model-recipe.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { unpack } from '../../support/component-zip.ts';
import { repositoryPath } from '../../support/paths.ts';
import { startRuntime } from '../../support/runtime-process.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { eventsOf, type Telemetry, watchTelemetry } from '../../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const [lite, java] = modelRecipe({
  model: 'intents',
  version: '1.0.0',
  runtimeVersion: '0.1.0',
  artifactUri: (file) => file,
}).Manifests;
const liteRun = lite && 'run' in lite.Lifecycle ? lite.Lifecycle.run : '';
const javaSteps = java && 'startup' in java.Lifecycle ? java.Lifecycle : undefined;

let bundles: readonly CompiledBundle[];
beforeAll(() => {
  bundles = [
    compileIntentsMini('--name', 'intents'),
    compileIntentsMini('--name', 'intents', '--model-version', '1.1.0'),
  ];
});
afterAll(() => {
  for (const bundle of bundles) bundle.remove();
});

interface Step {
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** SIGTERM to all that the step has started, as a nucleus does. */
  stop(): void;
}

interface Core {
  readonly telemetry: Telemetry;
  /** Runs a step of the model's component, with the artifact of a bundle unpacked as a nucleus does. */
  run(script: string, bundle: CompiledBundle, downgrade?: string): Promise<Step>;
}

async function startCore(): Promise<Core> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const root = scratchFolder();
  const device = startRuntime(
    { ...place, brokerUrl: broker.url, flushWaitMs: 5, modelReleaseSeconds: 1 },
    undefined,
    root,
  );
  onTestFinished(() => device.remove());
  await device.whenReady();
  const cwd = path.join(root, 'work', 'verge.model.intents');
  mkdirSync(cwd, { recursive: true });
  return {
    telemetry,
    async run(script, bundle, downgrade = 'refuse') {
      const opened = await openBundle(bundle.folder);
      const handOverFile = repositoryPath('dist/component/hand-over.mjs');
      const { artifacts } = await modelPublication(opened, { handOverFile, workFolder: scratchFolder() });
      const unpacked = path.join(root, 'artifacts', opened.manifest.version);
      await unpack(artifacts[0]?.path ?? '', path.join(unpacked, 'intents'));
      const text = script
        .replaceAll('{artifacts:decompressedPath}', unpacked)
        .replaceAll('{configuration:/role}', 'primary')
        .replaceAll('{configuration:/downgrade}', downgrade);
      const child = spawn('sh', ['-c', text], { cwd, detached: true, stdio: 'inherit' });
      const stop = (): void =>
        void (child.pid && child.exitCode === null && child.signalCode === null && process.kill(-child.pid, 'SIGTERM'));
      onTestFinished(stop);
      return { ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal))), stop };
    },
  };
}

function whenEvent({ telemetry }: Core, event: string): Promise<unknown> {
  return telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === event));
}

describe('the steps of a published model', () => {
  it('stay up under nucleus lite while the model serves, and release it at SIGTERM (L2, L9)', async () => {
    const core = await startCore();

    const step = await core.run(liteRun, bundles[0] as CompiledBundle);
    await whenEvent(core, 'model-loaded');
    step.stop();
    const code = await step.ended;
    await whenEvent(core, 'model-unloaded');

    expect(code).toBe(0);
  });

  it('end under nucleus lite where the runtime refuses, and take an older model where that is configured', async () => {
    const core = await startCore();
    const [older, newer] = bundles as [CompiledBundle, CompiledBundle];
    await (await core.run(javaSteps?.startup.Script ?? '', newer)).ended;

    const refused = await (await core.run(liteRun, older)).ended;
    const allowed = await (await core.run(javaSteps?.startup.Script ?? '', older, 'allow')).ended;

    expect(refused).toBe(2);
    expect(allowed).toBe(0);
  });

  it('end under the Java nucleus when the model serves, and release it with the component (G10)', async () => {
    const core = await startCore();

    const started = await (await core.run(javaSteps?.startup.Script ?? '', bundles[0] as CompiledBundle)).ended;
    await whenEvent(core, 'model-loaded');
    const stopped = await (await core.run(javaSteps?.shutdown ?? '', bundles[0] as CompiledBundle)).ended;
    await whenEvent(core, 'model-unloaded');

    expect([started, stopped]).toEqual([0, 0]);
  });
});
