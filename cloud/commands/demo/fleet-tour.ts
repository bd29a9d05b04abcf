import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { MqttLink } from '../../../component/link/mqtt-link.ts';
import { vergeVersion } from '../../../component/version.ts';
import { RUNTIME_COMPONENT } from '../../../recipes/runtime-recipe.ts';
import { connectFiles } from '../../aws/connect-files.ts';
import { connectRollingOut } from '../../aws/rolling-out.ts';
import { readAwsSettings } from '../../aws/settings.ts';
import { consume } from '../../consumer/consume.ts';
import type { Sample } from '../../dataset/dataset.ts';
import { demoErrors } from '../../demo/errors.ts';
import { writeFailingBundle } from '../../demo/fleet/failing-bundle.ts';
import { FLEET, fleetPlans, MODEL } from '../../demo/fleet/plans.ts';
import { Traffic, type TrafficCounts } from '../../demo/fleet/traffic.ts';
import { writeWorseArchive } from '../../demo/fleet/worse-archive.ts';
import type { PersonalityName } from '../../local/core/personality.ts';
import { builtRuntimeRecipe } from '../../local/device/deployed-runtime.ts';
import { openStack, type Stack } from '../../local/stack/open-stack.ts';
import type { PlanInput } from '../../rollout/plan/plan-schema.ts';
import { type RolloutState, rolloutStateSchema } from '../../rollout/state.ts';
import { openRollouts, whenAborted } from '../dashboard.ts';
import { environmentOf } from '../local/environment.ts';
import type { Progress } from '../progress.ts';
import { openDemoPage } from './page.ts';
import { type TypeCommand, typeCommand } from './type-command.ts';

export interface FleetTourOptions {
  /** An empty one. Gets the stack, the bundles and the plans. */
  readonly folder: string;
  readonly nucleus: PersonalityName;
  /** The demo's `model.tar.gz`, its labelled samples, and the built `component/main.js`. */
  readonly archive: string;
  readonly samplesFile: string;
  readonly samples: readonly Sample[];
  readonly program: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Serve the page while it goes on, and leave all up at the end until the signal says so. */
  readonly keep: { readonly port: number | undefined } | undefined;
  /** Hears the outcome, before anything is kept. */
  readonly tell: (outcome: FleetOutcome) => void;
}

/** How the three rollouts ended, and an account of the texts that flowed meanwhile. */
export interface FleetOutcome {
  readonly devices: number;
  readonly rollouts: readonly Pick<RolloutState, 'id' | 'phase' | 'waves' | 'journal'>[];
  readonly traffic: TrafficCounts;
}

const DEVICES = 6;
/** The rollout went back, as it should. */
const EXIT_WENT_BACK = 2;

/**
 * From a training job to a gated fleet: a stack on this machine, six devices, and three versions of one model. All is done
 * by the commands that a person would type, against the stack's endpoints.
 */
export async function runFleetTour(options: FleetTourOptions): Promise<void> {
  const { folder, nucleus, archive, samples, say, signal, keep } = options;
  const closing: (() => Promise<unknown>)[] = [];
  try {
    options.progress.update(`start ${DEVICES} devices`);
    const stackFolder = path.join(folder, 'stack');
    const wanted = { devices: DEVICES, nucleus };
    const stack = await openStack({ folder: stackFolder, region: 'eu-west-1', wanted, log: () => undefined });
    closing.push(() => stack.close());
    const { devices, broker } = stack.describe();
    const things = devices.map(({ thing }) => thing);
    closing.push(pointAt(stack));
    const at = (name: string): string => path.join(folder, name);
    const type: TypeCommand = (exitCode, words) => typeCommand(exitCode, words, options);

    await registerRuntime(options);
    await trainingJob(stack, { name: 'intents-1', archive, signal });
    const worse = at('model-2.tar.gz');
    await writeWorseArchive(archive, worse);
    await trainingJob(stack, { name: 'intents-2', archive: worse, signal });

    const consumer = consume({ broker, clientId: 'demo-fleet', fleet: FLEET, streams: ['result', 'health'] });
    closing.push(() => consumer.close());
    await consumer.ready;
    const link = new MqttLink({ url: broker, clientId: 'demo-texts', cleanSession: true, keepAliveSeconds: 30 });
    closing.push(() => link.close());
    const connected = new Promise<void>((resolve) => {
      link.onChange(({ state }) => state === 'connected' && resolve());
    });
    link.start();
    await connected;
    const traffic = new Traffic({ fleet: FLEET, link, consumer, samples });
    closing.push(() => traffic.stop());

    const plans = fleetPlans(things, vergeVersion);
    say(`\n5. The first version, from a training job to ${DEVICES} devices\n`);
    await compileAndPublish(type, 'intents-1', at('bundle-1.0.0'), '1.0.0', options);
    const page = keep ? await openPage(stack, { ...options, bundle: at('bundle-1.0.0'), port: keep.port }) : undefined;
    if (page) closing.push(() => page.close());
    const first = await rollOut(type, plans.first, 'done', options);
    say('\n6. A second version, whose labels are in disorder: its golden samples pass, its answers do not agree\n');
    await compileAndPublish(type, 'intents-2', at('bundle-1.1.0'), '1.1.0', options);
    const second = await rollOut(type, plans.worse, 'rolled-back', options);
    say('\n7. A third version, whose golden samples fail on the device\n');
    await writeFailingBundle(at('bundle-1.0.0'), at('bundle-1.2.0'), '1.2.0');
    await type(0, ['publish', at('bundle-1.2.0')]);
    const third = await rollOut(type, plans.failing, 'rolled-back', options);

    options.progress.update('wait for the last answers');
    const counts = await traffic.account();
    options.progress.stop();
    options.tell({
      devices: DEVICES,
      rollouts: [first, second, third].map(({ id, phase, waves, journal }) => ({ id, phase, waves, journal })),
      traffic: counts,
    });
    if (page === undefined) return;
    traffic.resume();
    say(`The page is at ${page.url}; the six devices go on answering texts.\nCtrl-C ends all.\n`);
    await whenAborted(signal);
  } finally {
    options.progress.stop();
    // What fails to close must not leave the stack up.
    const ends = closing
      .toReversed()
      .map((close) => () => close().catch((error: unknown) => say(`${String(error)}\n`)));
    for (const end of ends) await end();
  }
}

/** Of the fleet's broker and of the rollouts in the stack's bucket. */
async function openPage(
  stack: Stack,
  { bundle, port, signal, say }: FleetTourOptions & { readonly bundle: string; readonly port: number | undefined },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { broker, bucket } = stack.describe();
  const rollouts = await openRollouts(`s3://${bucket}`, process.env, signal);
  const page = await openDemoPage({ broker, bundle, port, ...(rollouts ? { rollouts: rollouts.feed } : {}) });
  say(`   The page is at ${page.url}: follow the rollouts there.\n`);
  return {
    url: page.url,
    async close() {
      await page.close();
      rollouts?.close();
    },
  };
}

/** As `eval "$(verge local env)"` does, for this process: the SDKs read its environment. Answers what undoes it. */
function pointAt(stack: Stack): () => Promise<void> {
  const before = { ...process.env };
  const { set, unset } = environmentOf(stack.describe(), stack.state, before);
  for (const name of unset) delete process.env[name];
  Object.assign(process.env, set);
  return async () => {
    for (const name of Object.keys(set)) delete process.env[name];
    Object.assign(process.env, before);
  };
}

/** What of the outcome is not as it must be. */
export function fleetFaults({
  traffic: { sent, answered, failed, duplicates, missing, byVersion },
}: FleetOutcome): string[] {
  const faults: string[] = [];
  if (answered !== sent) faults.push(`the fleet was sent ${sent} texts and answered ${answered}`);
  if (failed > 0) faults.push(`the fleet failed at ${failed} texts`);
  if (missing > 0) faults.push(`${missing} messages of the fleet are missing`);
  if (duplicates > 0) faults.push(`${duplicates} messages of the fleet came twice`);
  const others = Object.keys(byVersion).filter((version) => version !== '1.0.0');
  if (others.length > 0) faults.push(`version ${others.join(' and ')} answered, and should not have`);
  return faults;
}

async function compileAndPublish(
  type: TypeCommand,
  job: string,
  bundle: string,
  version: string,
  { samplesFile }: FleetTourOptions,
): Promise<void> {
  const proof = ['--samples', samplesFile, '--reject-label', 'oos'];
  const naming = ['--name', MODEL, '--model-version', version];
  await type(0, ['compile', `training-job:${job}`, '--out', bundle, ...naming, ...proof]);
  await type(0, ['publish', bundle]);
}

async function rollOut(
  type: TypeCommand,
  plan: PlanInput,
  end: RolloutState['phase'],
  { folder }: FleetTourOptions,
): Promise<RolloutState> {
  const file = path.join(folder, `${plan.name}.yaml`);
  await writeFile(file, stringify(plan));
  const words = ['rollout', 'start', file, '--poll', '0.5', '--json'];
  const state = rolloutStateSchema.parse(JSON.parse(await type(end === 'done' ? 0 : EXIT_WENT_BACK, words)));
  if (state.phase === end) return state;
  throw demoErrors.make('DEMO_FLEET_ENDED', `the rollout ${plan.name} ended as ${state.phase}, not as ${end}`);
}

/** The runtime where it was built: a real one is published as zips, by `verge publish --runtime`. */
async function registerRuntime({ program, signal, keep }: FleetTourOptions): Promise<void> {
  const settings = readAwsSettings(process.env);
  const aws = await connectRollingOut({ settings, bucket: undefined, signal });
  // The same texts come again and again, and a challenger sees none that came out of the cache.
  const quick = {
    ...{ heartbeatSeconds: 1, statsSeconds: 1, challengerShare: 1, flushWaitMs: 50 },
    engineCacheEntries: 0,
  };
  // The page shows texts that the model is unsure of, where texts come with their answers.
  const configuration = keep ? { ...quick, includeText: true } : quick;
  try {
    const recipe = builtRuntimeRecipe({ program, version: vergeVersion, fleet: FLEET, configuration });
    await aws.fleet.register(recipe, RUNTIME_COMPONENT);
  } finally {
    aws.close();
  }
}

/** As SageMaker leaves one: its output in the bucket, and what the service knows of it. */
async function trainingJob(
  stack: Stack,
  { name, archive, signal }: { readonly name: string; readonly archive: string; readonly signal: AbortSignal },
): Promise<void> {
  const place = { bucket: stack.describe().bucket, key: `training/${name}/output/model.tar.gz` };
  const { files, close } = connectFiles(readAwsSettings(process.env), signal);
  try {
    await files.upload(archive, place);
  } finally {
    close();
  }
  stack.addTrainingJob({ name, artifact: `s3://${place.bucket}/${place.key}` });
}
