import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { consume } from '../../cloud/consumer/consume.ts';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import { type RuntimeProcess, startRuntimeProcess } from '../../cloud/local/device/runtime-process.ts';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { NODE_FLAGS } from '../../recipes/runtime-recipe.ts';
import { Answers } from '../chaos/answers.ts';
import { Load } from '../chaos/load.ts';
import { seeded } from '../chaos/seeded.ts';
import { type Sample, takeSample } from './samples.ts';
import { openWire } from './wire.ts';

export interface SoakPlan {
  /** Folder of the built device half. */
  readonly component: string;
  /** Two versions of one model, which take turns. */
  readonly bundles: readonly [string, string];
  /** Gets a device's folders. */
  readonly folder: string;
  readonly durationMs: number;
  readonly swaps: number;
  readonly onSwap?: (swaps: number, answers: Answers) => void;
}

export interface SoakOutcome {
  readonly samples: readonly Sample[];
  readonly swaps: number;
  readonly cuts: number;
  readonly textsSent: number;
  readonly results: number;
  /** What went wrong; empty where nothing was lost. */
  readonly faults: readonly string[];
}

const PLACE = { fleet: 'soak', thing: 'this-machine' };
/** The link is cut after each row of so many swaps. */
const SWAPS_PER_CUT = 10;
const SAMPLE_MS = 500;
const PATIENCE_MS = 120_000;
const SEED = 1;

/** Lets a runtime work: texts without a pause, models that take turns, a link that breaks; looks at what it holds meanwhile. */
export async function soak(plan: SoakPlan): Promise<SoakOutcome> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  const wire = await openWire(broker.url);
  const consumer = consume({ broker: broker.url, clientId: 'soak-consumer', streams: ['result', 'event'] });
  const sender = new MqttLink({ url: broker.url, clientId: 'soak-sender', cleanSession: true, keepAliveSeconds: 30 });
  const answers = new Answers();
  const following = answers.follow(consumer);
  const load = new Load(sender, PLACE, answers, seeded(SEED));
  const faults: string[] = [];
  let runtime: RuntimeProcess | undefined;
  try {
    await consumer.ready;
    const work = path.join(plan.folder, 'work', 'verge.Runtime'); // where the helper looks for its socket (fact I1)
    await mkdir(work, { recursive: true });
    runtime = await startRuntimeProcess({
      program: path.join(plan.component, 'main.js'),
      flags: NODE_FLAGS, // as on a device
      folder: work,
      from: { settings: { ...PLACE, brokerUrl: wire.url, heartbeatSeconds: 5, statsSeconds: 10 } },
    });
    await answers.until(() => answers.starts > 0, AbortSignal.timeout(PATIENCE_MS));
    const models = await layOut(plan);
    await handOver(models[0]);
    sender.start();
    load.start();
    // What two models side by side take stays with the allocator: the first swaps belong to the warming up.
    for (const model of [models[1], models[0]]) await handOver(model);
    const watching = watch(runtime.pid, answers, AbortSignal.timeout(plan.durationMs));
    const cuts = await disturb(plan, models, answers, () => wire.cut());
    const samples = await watching;
    await load.stop();
    const whole = (): boolean => answers.texts.size >= load.sent.length; // all were sent by now
    if (!(await answers.until(whole, AbortSignal.timeout(PATIENCE_MS)))) faults.push('texts have no result');
    runtime.stop();
    const exit = await runtime.ended;
    if (exit !== 0) faults.push(`the runtime ended with ${exit}`);
    if (answers.results > answers.ids.size) faults.push('results came twice under one id');
    if (answers.failed > 0) faults.push(`${answers.failed} texts failed`);
    if (answers.malformed > 0) faults.push(`${answers.malformed} messages were malformed`);
    if (consumer.counts.missing > 0) faults.push(`${consumer.counts.missing} messages are missing by their numbers`);
    return { samples, swaps: plan.swaps, cuts, textsSent: load.sent.length, results: answers.results, faults };
  } finally {
    runtime?.stop();
    await load.stop();
    await sender.close();
    await consumer.close();
    await following;
    await runtime?.ended;
    await wire.close();
    await broker.close();
  }
}

async function watch(pid: number, answers: Answers, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (!signal.aborted) {
    samples.push(await takeSample(pid, answers.results));
    await setTimeout(SAMPLE_MS);
  }
  return samples;
}

/** Swaps spread over the time, and cuts between them. @returns how often the link was cut */
async function disturb(
  plan: SoakPlan,
  models: readonly [string, string],
  answers: Answers,
  cut: () => void,
): Promise<number> {
  const startedAt = performance.now();
  let cuts = 0;
  for (let swaps = 1; swaps <= plan.swaps; swaps++) {
    const due = startedAt + (plan.durationMs * swaps) / (plan.swaps + 1);
    await setTimeout(Math.max(0, due - performance.now()));
    await handOver(models[swaps % 2 === 0 ? 0 : 1]);
    plan.onSwap?.(swaps, answers);
    if (swaps % SWAPS_PER_CUT !== 0) continue;
    cut();
    cuts++;
  }
  return cuts;
}

/** Model components as a nucleus lays them out. @returns the folder of each */
function layOut(plan: SoakPlan): Promise<[string, string]> {
  const [first, second] = plan.bundles;
  return Promise.all([layOutOne(plan, 'verge.model.first', first), layOutOne(plan, 'verge.model.second', second)]);
}

async function layOutOne({ component, folder }: SoakPlan, name: string, bundle: string): Promise<string> {
  const place = path.join(folder, 'work', name);
  await mkdir(place, { recursive: true });
  await cp(bundle, path.join(place, 'bundle'), { recursive: true });
  await copyFile(path.join(component, 'hand-over.mjs'), path.join(place, 'hand-over.mjs'));
  return place;
}

/** @throws Error where the model is refused */
function handOver(folder: string): Promise<void> {
  const words = [path.join(folder, 'hand-over.mjs'), 'offer', '--downgrade', 'allow'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { cwd: folder }, (error, said) => {
      if (error) reject(new Error(`the hand-over failed: ${said}`, { cause: error }));
      else resolve();
    });
  });
}
