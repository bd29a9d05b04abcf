import { setTimeout as delay } from 'node:timers/promises';
import { MAX_TEXTS_PER_COMMAND } from '../../component/contract/command.ts';
import { commandTopic, type Place } from '../../component/contract/topics.ts';
import type { Link } from '../../component/link/link.ts';
import type { AnsweredItem } from '../consumer/item.ts';
import type { DeployedRuntime } from '../local/device/deployed-runtime.ts';
import type { Collector } from './collector.ts';
import { demoErrors } from './errors.ts';
import type { DemoText } from './texts.ts';

export interface DemoParts {
  readonly place: Place;
  /** Connected; carries the commands. */
  readonly link: Link;
  readonly collector: Collector;
  readonly runtime: DeployedRuntime;
  readonly singles: readonly DemoText[];
  readonly burst: readonly DemoText[];
  readonly signal: AbortSignal;
  readonly onAnswer: (text: DemoText, answer: AnsweredItem) => void;
  readonly onProgress: (step: string, done?: number, total?: number) => void;
}

/** What the tour measured; times in milliseconds. */
export interface DemoOutcome {
  readonly textsSent: number;
  readonly resultsReceived: number;
  readonly failed: number;
  readonly commandsSent: number;
  /** Result and event messages that the device had acknowledged, by its own last word, and those that were received. */
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly malformed: number;
  readonly right: number;
  readonly labelled: number;
  readonly textsPerSecond: number;
  /** On the device, from acceptance to answer, one by one. */
  readonly deviceMs: Quantiles;
  /** From publishing the command to holding the typed result, one by one. */
  readonly roundTripMs: Quantiles;
  readonly runtimeExit: number | NodeJS.Signals;
  readonly rssBytes: number | undefined;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Nucleus lite drops what comes from the cloud over 4,900 bytes (fact L4). */
const MAX_COMMAND_BYTES = 4800;
const READY_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 60_000;

/** Sends texts to a device that is starting, one by one and in a burst, stops it, and holds what came against what was sent. */
export async function runDemo(parts: DemoParts): Promise<DemoOutcome> {
  const { collector, runtime, singles, burst, signal, onProgress } = parts;
  await alive(parts, READY_TIMEOUT_MS, () => collector.health?.data.state === 'ready');

  const roundTrips: number[] = [];
  const device: number[] = [];
  for (const [index, text] of singles.entries()) {
    onProgress('one by one', index, singles.length);
    const sentAt = performance.now();
    await send(parts, [text]);
    await alive(parts, ANSWER_TIMEOUT_MS, () => collector.arrivedAt.has(text.id));
    roundTrips.push((collector.arrivedAt.get(text.id) ?? 0) - sentAt);
    const answer = collector.results.get(text.id);
    if (answer === undefined) continue;
    device.push(answer.latencyMs.queue + answer.latencyMs.inference);
    parts.onAnswer(text, answer);
  }

  const burstAt = performance.now();
  const commands = inCommands(burst);
  for (const texts of commands) await send(parts, texts);
  const all = singles.length + burst.length;
  await alive(parts, ANSWER_TIMEOUT_MS, () => {
    onProgress('burst', collector.arrivedAt.size - singles.length, burst.length);
    return collector.arrivedAt.size >= all;
  });
  const lastAt = Math.max(...burst.map(({ id }) => collector.arrivedAt.get(id) ?? 0));

  onProgress('drain');
  runtime.stop();
  const runtimeExit = await runtime.ended;
  const isStopped = (): boolean => collector.health?.data.state === 'stopped';
  await collector.until(isStopped, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]));

  const known = [...singles, ...burst].filter(({ label }) => label !== undefined);
  const { duplicates, missing, malformed, messages } = collector.counts;
  const last = collector.health?.data;
  return {
    textsSent: all,
    resultsReceived: collector.results.size,
    failed: collector.failed,
    commandsSent: singles.length + commands.length,
    messagesSent: last?.counts?.published ?? 0,
    messagesReceived: messages - collector.healthMessages,
    duplicates,
    missing,
    malformed,
    right: known.filter(({ id, label }) => collector.results.get(id)?.label === label).length,
    labelled: known.length,
    textsPerSecond: burst.length / ((lastAt - burstAt) / 1000),
    deviceMs: quantiles(device),
    roundTripMs: quantiles(roundTrips),
    runtimeExit,
    rssBytes: last?.rssBytes,
  };
}

/** What of the outcome is not as it must be; empty where nothing was lost. */
export function faultsOf(outcome: DemoOutcome): string[] {
  const { textsSent, resultsReceived, failed, missing, malformed, duplicates, runtimeExit } = outcome;
  const faults: string[] = [];
  if (resultsReceived !== textsSent) faults.push(`${textsSent - resultsReceived} of ${textsSent} texts have no answer`);
  if (failed > 0) faults.push(`${failed} texts failed`);
  if (missing > 0) faults.push(`${missing} messages are missing`);
  if (malformed > 0) faults.push(`${malformed} messages were malformed`);
  if (duplicates > 0) faults.push(`${duplicates} messages came twice`);
  if (outcome.messagesSent !== outcome.messagesReceived)
    faults.push(`the device sent ${outcome.messagesSent} messages and ${outcome.messagesReceived} came`);
  if (runtimeExit !== 0) faults.push(`the runtime ended with ${runtimeExit}`);
  return faults;
}

async function send({ link, place }: DemoParts, texts: readonly DemoText[]): Promise<void> {
  await link.publish(commandTopic(place, 'classify'), encodeCommand(texts), { qos: 1 });
}

function encodeCommand(texts: readonly DemoText[]): Buffer {
  const sent = texts.map(({ id, text }) => ({ id, text }));
  return Buffer.from(JSON.stringify({ schemaVersion: 1, texts: sent, sentAt: new Date().toISOString() }));
}

/** Texts in as few commands as a device takes. */
function inCommands(texts: readonly DemoText[]): DemoText[][] {
  const commands: DemoText[][] = [];
  let current: DemoText[] = [];
  for (const text of texts) {
    const isFull =
      current.length >= MAX_TEXTS_PER_COMMAND || encodeCommand([...current, text]).length > MAX_COMMAND_BYTES;
    if (isFull && current.length > 0) {
      commands.push(current);
      current = [];
    }
    current.push(text);
  }
  return current.length > 0 ? [...commands, current] : commands;
}

/** Waits for something that a living runtime does, and no longer than it lives. @throws VergeError DEMO_RUNTIME_ENDED */
async function alive(
  { collector, runtime, signal }: DemoParts,
  timeoutMs: number,
  satisfied: () => boolean,
): Promise<void> {
  const done = new AbortController();
  const given = AbortSignal.any([signal, done.signal]);
  const timeout = delay(timeoutMs, undefined, { signal: given, ref: false }).then(() => `took over ${timeoutMs} ms`);
  const ended = runtime.ended.then((exit) => `ended with ${exit}`);
  timeout.catch(() => undefined);
  try {
    const trouble = await Promise.race([collector.until(satisfied, given), timeout, ended]);
    if (typeof trouble === 'string') {
      throw demoErrors.make('DEMO_RUNTIME_ENDED', `the runtime ${trouble}; its log is ${runtime.logFile}`);
    }
  } finally {
    done.abort();
  }
}

/** Nearest-rank. */
function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
