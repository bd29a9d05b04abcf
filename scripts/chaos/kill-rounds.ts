import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { consume } from '../../cloud/consumer/consume.ts';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { PersonalityName } from '../../cloud/local/core/personality.ts';
import type { RuntimeProcess } from '../../cloud/local/device/runtime-process.ts';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { Answers } from './answers.ts';
import { type Device, plainDevice } from './device.ts';
import { greengrassDevice } from './greengrass-device.ts';
import { Load } from './load.ts';
import { seeded } from './seeded.ts';

export interface KillPlan {
  /** The built `component/main.js`. */
  readonly program: string;
  readonly bundle: string;
  /** Gets the outbox, the settings and the log. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** The nucleus between the runtime and the broker; absent: none. */
  readonly nucleus?: PersonalityName | undefined;
  readonly onKill?: (kills: number, answers: Answers) => void;
}

export interface KillOutcome {
  readonly kills: number;
  /** Texts whose command the broker had taken. */
  readonly textsSent: number;
  readonly results: number;
  /** Texts that died with the life that they came to, before it had accepted them. Their sender asked again. */
  readonly notAccepted: number;
  /** Texts that the device had accepted and did not answer. */
  readonly lost: readonly string[];
  /** Texts without a result in the end. */
  readonly unanswered: readonly string[];
  /** Results that came twice under one id, after the consumer had dropped duplicates. */
  readonly twice: number;
  /** Texts that have two results: the process died between storing the first and acknowledging the command. */
  readonly answeredAgain: number;
  readonly failed: number;
  readonly replays: number;
  /** Messages that came more than once and that the consumer dropped. */
  readonly duplicates: number;
  /** Messages that the numbers say there must be. */
  readonly missing: number;
  readonly malformed: number;
  /** Exit code of the last runtime, which was asked to stop. */
  readonly exit: number | NodeJS.Signals;
  /** Files of the outbox after that. */
  readonly leftFiles: readonly string[];
}

const PLACE = { fleet: 'chaos', thing: 'this-machine' };
/** One kill in so many comes while the runtime is still starting, within this time of its start. */
const EARLY_ONE_IN = 4;
const EARLY_MS = 1200;
/** The others come after so many results at most. */
const MAX_RESULTS = 300;
const MAX_TURNS = 200;
const PATIENCE_MS = 120_000;

/**
 * Kills the runtime with SIGKILL, again and again, at moments that the seed draws, while texts come in without a pause,
 * and holds what a consumer with a session got against what was sent.
 */
export async function killRounds(plan: KillPlan): Promise<KillOutcome> {
  const random = seeded(plan.seed);
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  const consumer = consume({ broker: broker.url, clientId: 'chaos-consumer', streams: ['result', 'event'] });
  const sender = new MqttLink({ url: broker.url, clientId: 'chaos-sender', cleanSession: true, keepAliveSeconds: 30 });
  const answers = new Answers();
  const following = answers.follow(consumer);
  const load = new Load(sender, PLACE, answers, random);
  let device: Device | undefined;
  let runtime: RuntimeProcess | undefined;
  try {
    await mkdir(plan.folder, { recursive: true });
    await consumer.ready;
    device = await openDevice(plan, broker.url);
    runtime = await device.start();
    await answers.until(() => answers.starts > 0, AbortSignal.timeout(PATIENCE_MS)); // the broker knows its session now
    sender.start();
    load.start();
    for (let kills = 1; kills <= plan.kills; kills++) {
      await momentOfKill(answers, random);
      process.kill(runtime.pid, 'SIGKILL');
      await runtime.ended;
      await device.afterKill();
      if (!device.redelivers) load.writeOff();
      plan.onKill?.(kills, answers);
      runtime = await device.start();
    }
    await untilQuiet(load, answers, device);
    const lost = device.lost(answers.texts);
    const unasked = load.sent.filter((id) => !answers.texts.has(id));
    if (!device.redelivers) await load.again(unasked);
    const whole = (): boolean => load.sent.every((id) => answers.texts.has(id));
    await answers.until(whole, AbortSignal.timeout(PATIENCE_MS));
    runtime.stop();
    const exit = await runtime.ended;
    return await outcomeOf(
      plan,
      { lost, notAccepted: unasked.length - lost.length },
      load.sent,
      answers,
      consumer.counts,
      exit,
    );
  } finally {
    runtime?.stop();
    await load.stop();
    await sender.close();
    await consumer.close();
    await following;
    await runtime?.ended;
    await device?.close();
    await broker.close();
  }
}

function openDevice({ program, bundle, folder, nucleus }: KillPlan, broker: string): Promise<Device> {
  const options = { program, bundle, folder, place: PLACE, broker };
  return nucleus === undefined ? Promise.resolve(plainDevice(options)) : greengrassDevice(options, nucleus);
}

/** Lets the last life work under load, and ends the load; resolves when what it was sent since its start is answered. */
async function untilQuiet(load: Load, answers: Answers, device: Device): Promise<void> {
  const starts = answers.starts;
  if (!device.redelivers) await answers.until(() => answers.starts > starts, AbortSignal.timeout(PATIENCE_MS));
  const results = answers.results;
  await answers.until(() => answers.results > results + MAX_RESULTS, AbortSignal.timeout(PATIENCE_MS));
  await load.stop();
  const last = load.sent.at(-1) ?? '';
  const isQuiet = (): boolean => answers.texts.has(last) && device.lost(answers.texts).length === 0;
  await answers.until(isQuiet, AbortSignal.timeout(PATIENCE_MS));
}

/** Resolves when it is time: some milliseconds after the start, or so many results later, and then some turns of the loop. */
async function momentOfKill(answers: Answers, random: () => number): Promise<void> {
  if (random() * EARLY_ONE_IN < 1) {
    await setTimeout(random() * EARLY_MS);
    return;
  }
  const enough = answers.results + 1 + Math.floor(random() * MAX_RESULTS);
  await answers.until(() => answers.results >= enough, AbortSignal.timeout(PATIENCE_MS));
  for (let turns = Math.floor(random() * MAX_TURNS); turns > 0; turns--) await setImmediate();
}

async function outcomeOf(
  plan: KillPlan,
  fate: Pick<KillOutcome, 'lost' | 'notAccepted'>,
  sent: readonly string[],
  answers: Answers,
  counts: { readonly duplicates: number; readonly missing: number },
  exit: number | NodeJS.Signals,
): Promise<KillOutcome> {
  const files = await readdir(path.join(plan.folder, 'outbox'), { recursive: true });
  return {
    kills: plan.kills,
    textsSent: sent.length,
    results: answers.results,
    ...fate,
    unanswered: sent.filter((id) => !answers.texts.has(id)),
    twice: answers.results - answers.ids.size,
    answeredAgain: answers.ids.size - answers.texts.size,
    failed: answers.failed,
    replays: answers.replays,
    duplicates: counts.duplicates,
    missing: counts.missing,
    malformed: answers.malformed,
    exit,
    leftFiles: files.filter((name) => name !== 'boot' && name !== 'commands'),
  };
}

/** What of the outcome is not as it must be; empty where nothing was lost. */
export function faultsOf(outcome: KillOutcome): string[] {
  const faults: string[] = [];
  const { lost, unanswered, twice, failed, missing, malformed, exit, leftFiles } = outcome;
  if (lost.length > 0) faults.push(`${lost.length} accepted texts were lost, the first is ${lost[0]}`);
  if (unanswered.length > 0) faults.push(`${unanswered.length} texts have no result, the first is ${unanswered[0]}`);
  if (twice > 0) faults.push(`${twice} results came twice under one id`);
  if (failed > 0) faults.push(`${failed} texts failed`);
  if (missing > 0) faults.push(`${missing} messages are missing by their numbers`);
  if (malformed > 0) faults.push(`${malformed} messages were malformed`);
  if (exit !== 0) faults.push(`the last runtime ended with ${exit}`);
  if (leftFiles.length > 0) faults.push(`the outbox still holds ${leftFiles.join(', ')}`);
  return faults;
}
