import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAloud } from '../../../cloud/rollout/machine/journal.ts';
import type { PlanInput } from '../../../cloud/rollout/plan/plan-schema.ts';
import { alteredCheckpoint } from '../../support/altered-checkpoint.ts';
import { type CompiledBundle, compileIntentsMini, intentsMiniSamples } from '../../support/compiled-bundle.ts';
import { flowTexts, localFleet, startLocalFleet } from '../../support/local-fleet.ts';
import { repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { changeManifest, expectAnotherAnswer } from '../../support/tampered-bundle.ts';

const MODEL = 'intents-mini';
const groups = { canary: ['oven-1', 'oven-2'], rest: ['oven-3', 'oven-4', 'oven-5', 'oven-6'] } as const;
const things = Object.values(groups).flat();
const texts = readFileSync(intentsMiniSamples, 'utf8')
  .split('\n')
  .slice(1)
  .flatMap((line) => line.split('\t').slice(0, 1))
  .filter(Boolean);

let first: CompiledBundle;
beforeAll(() => {
  first = compileIntentsMini('--name', MODEL);
}, 180_000);
afterAll(() => first.remove());

/** The same model as another version. */
function bundleAt(version: string): string {
  const folder = path.join(scratchFolder(), 'bundle');
  cpSync(first.folder, folder, { recursive: true });
  changeManifest(folder, (manifest) => ({ ...manifest, version }));
  return folder;
}

/** A model that compiles and answers its own golden samples, and gives one label far too often. */
async function worseBundle(): Promise<string> {
  const checkpoint = await alteredCheckpoint(({ tensors }) => {
    const bias = tensors.get('classifier.bias');
    for (let label = 0; label < 8; label += 1) if (bias) bias.data[label] = (bias.data[label] ?? 0) + 6;
  });
  const folder = path.join(scratchFolder(), 'bundle');
  const words = [
    'compile',
    checkpoint,
    '--out',
    folder,
    '--name',
    MODEL,
    '--model-version',
    '1.2.0',
    '--samples',
    intentsMiniSamples,
  ];
  execFileSync(process.execPath, [repositoryPath('dist/cloud/verge.js'), ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return folder;
}

function plan(name: string, version: string, waves: PlanInput['waves']): PlanInput {
  return {
    schemaVersion: 1,
    name,
    fleet: localFleet,
    models: { [MODEL]: version },
    waves,
    policies: { silentAfter: '1m' },
  };
}

const twoWaves: PlanInput['waves'] = [
  { name: 'canary', group: 'canary', bake: '2s', gates: [{ metric: 'healthy-share', atLeast: 1, window: '1s' }] },
  { name: 'rest', group: 'rest', bake: '1s' },
];

it('rolls good versions out over six local cores without losing a text, and keeps a worse and a broken one from the fleet', {
  timeout: 600_000,
}, async () => {
  const fleet = await startLocalFleet(groups);
  const { telemetry, publish, rollOut } = fleet;
  const served = (): string[] => {
    const latest = new Map<string, string>();
    for (const message of telemetry.messages) {
      if (message.stream !== 'health' || message.envelope.data.seq === 0) continue;
      latest.set(message.place.thing, message.envelope.data.models.map(({ version }) => version).join());
    }
    return things.map((thing) => latest.get(thing) ?? 'nothing');
  };
  const everRan = (thing: string): string[] => [
    ...new Set(
      telemetry.messages.flatMap((message) =>
        message.stream === 'health' && message.place.thing === thing
          ? [...message.envelope.data.models, ...(message.envelope.data.challengers ?? [])].map(
              ({ version }) => version,
            )
          : [],
      ),
    ),
  ];
  const refused = bundleAt('1.3.0');
  expectAnotherAnswer(refused);
  for (const folder of [first.folder, bundleAt('1.1.0'), await worseBundle(), refused]) await publish(folder);

  const initial = await rollOut(plan('initial', '1.0.0', twoWaves));
  const flow = flowTexts(fleet, things, 'upgrade', texts);
  const upgrade = await rollOut(plan('upgrade', '1.1.0', twoWaves));
  const { sent, answered } = await flow.stop();
  const afterUpgrade = served();

  const flowing = flowTexts(fleet, groups.canary, 'worse', texts);
  const gates = [{ metric: 'agreement' as const, atLeast: 0.95, window: '10s', minimumSample: 30 }];
  const worse = await rollOut(
    plan('worse', '1.2.0', [{ name: 'shadow', group: 'canary', challenger: true, bake: '10s', gates }, ...twoWaves]),
  );
  const whileWorse = await flowing.stop();
  const broken = await rollOut(plan('broken', '1.3.0', twoWaves));

  expect(
    [initial, upgrade].map(({ phase, journal }) => [phase, phase === 'done' ? '' : journal.map(readAloud)]),
  ).toEqual([
    ['done', ''],
    ['done', ''],
  ]);
  expect(afterUpgrade).toEqual(things.map(() => '1.1.0'));
  expect(answered.toSorted()).toEqual([...sent].toSorted());
  expect(whileWorse.answered.toSorted()).toEqual([...whileWorse.sent].toSorted());
  expect([worse.phase, worse.hold?.why]).toEqual(['rolled-back', undefined]);
  expect(worse.back?.why).toMatch(/^the gate agreement ≥ 0\.95 failed at 0\.\d+$/);
  expect(worse.waves.map(({ status }) => status)).toEqual(['reverted', 'waiting', 'waiting']);
  expect(broken.phase).toBe('rolled-back');
  expect(broken.back?.why).toMatch(/golden/);
  expect(served()).toEqual(things.map(() => '1.1.0'));
  for (const thing of groups.rest) expect(everRan(thing)).toEqual(['1.0.0', '1.1.0']);
  expect(everRan('oven-1')).toEqual(['1.0.0', '1.1.0', '1.2.0']);
});
