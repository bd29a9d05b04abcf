import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { openStore, parseTarget } from '../../cloud/sink/open-store.ts';
import { telemetryFilter } from '../../component/contract/topics.ts';
import { seeded } from '../chaos/seeded.ts';
import { DeviceLoad } from './device-load.ts';
import { type SinkProcess, startSinkProcess } from './sink-process.ts';

export interface KillSinkPlan {
  /** The built `dist/cloud/verge.js`. */
  readonly program: string;
  readonly folder: string;
  readonly broker: string;
  readonly target: string;
  readonly kills: number;
  readonly seed: number;
  readonly devices: number;
  readonly messagesPerSecond: number;
  readonly resultsPerMessage: number;
  /** Sinks that share the load; one of them, drawn, is killed at a time. */
  readonly sinks: number;
  readonly onKill?: (kills: number) => void;
}

export interface KillSinkOutcome {
  readonly kills: number;
  readonly messages: number;
  /** Results that the broker had taken, and rows in the table. */
  readonly sent: number;
  readonly rows: number;
  readonly lost: number;
  /** Rows that nobody's acknowledged message made: a broker may have taken a message and not said so. */
  readonly unexpected: number;
  readonly twice: number;
  readonly deadLetters: number;
  readonly exits: readonly (number | NodeJS.Signals)[];
}

const LONGEST_LIFE_MS = 2500;
const PATIENCE_MS = 300_000;
const LOOK_AGAIN_MS = 300;

/** Kills sinks with SIGKILL at drawn moments under load, and holds the table against what the broker had acknowledged. */
export async function killSinks(plan: KillSinkPlan): Promise<KillSinkOutcome> {
  const random = seeded(plan.seed);
  const boot = `k${plan.seed.toString(36)}`;
  const load = new DeviceLoad({ ...plan, boot });
  const running: SinkProcess[] = [];
  try {
    await makeSessions(plan);
    for (let index = 0; index < plan.sinks; index++) running.push(start(plan, index));
    await load.connect();
    load.start();
    for (let kills = 1; kills <= plan.kills; kills++) {
      await sleep(random() * LONGEST_LIFE_MS);
      const index = Math.floor(random() * plan.sinks);
      const victim = running[index];
      victim?.kill();
      await victim?.ended;
      running[index] = start(plan, index);
      plan.onKill?.(kills);
    }
    await load.stop();
    const exits = await settle(plan, load, running);
    return { ...(await reconcile(plan, load, boot)), exits };
  } finally {
    for (const sink of running) sink.kill();
    await Promise.all(running.map(({ ended }) => ended));
    await load.close();
  }
}

function sinkName({ seed }: KillSinkPlan, index: number): string {
  return `sink-${seed}-${index}`;
}

function start(plan: KillSinkPlan, index: number): SinkProcess {
  const share = plan.sinks > 1 ? ['--share', 'sinks'] : [];
  const words = [
    '--broker',
    plan.broker,
    '--to',
    plan.target,
    '--client-id',
    sinkName(plan, index),
    '--mqtt',
    '5',
    ...share,
  ];
  return startSinkProcess(plan.program, plan.folder, words);
}

/** The sessions must be there before the first message is sent, however long a sink takes to start. */
async function makeSessions(plan: KillSinkPlan): Promise<void> {
  const { broker, sinks } = plan;
  for (let index = 0; index < sinks; index++) {
    const session = await connectAsync(broker, {
      clientId: sinkName(plan, index),
      clean: false,
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 0xffff_ffff },
    });
    const filter = telemetryFilter('result');
    await session.subscribeAsync(sinks > 1 ? `$share/sinks/${filter}` : filter, { qos: 1 });
    await session.endAsync();
  }
}

/**
 * Waits for the sinks to catch up, and ends them. DuckDB lets nobody look in while its sink runs, so there the sink is stopped
 * for every look.
 */
async function settle(
  plan: KillSinkPlan,
  load: DeviceLoad,
  running: SinkProcess[],
): Promise<(number | NodeJS.Signals)[]> {
  const until = performance.now() + PATIENCE_MS;
  const isPostgres = parseTarget(plan.target).kind === 'postgres';
  const expected = load.acknowledged.length * plan.resultsPerMessage;
  for (;;) {
    if (isPostgres)
      while (performance.now() < until && (await countRows(plan.target)) < expected) await sleep(LOOK_AGAIN_MS);
    else await sleep(LOOK_AGAIN_MS * 10);
    // Before it listens to signals, one would end it where it stands.
    while (performance.now() < until && !running.every((sink) => sink.said().includes('broker: connected')))
      await sleep(LOOK_AGAIN_MS);
    for (const sink of running) sink.stop();
    const exits = await Promise.all(running.map(({ ended }) => ended));
    if (performance.now() >= until || (await countRows(plan.target)) >= expected) return exits;
    for (const index of running.keys()) running[index] = start(plan, index);
  }
}

async function countRows(target: string): Promise<number> {
  return Number((await rowsOf(target, 'select count(*) as count from results'))[0]?.count ?? 0);
}

async function rowsOf(target: string, sql: string): Promise<Record<string, unknown>[]> {
  const store = await openStore(parseTarget(target));
  try {
    return await store.run(sql);
  } finally {
    await store.close();
  }
}

async function reconcile(plan: KillSinkPlan, load: DeviceLoad, boot: string): Promise<Omit<KillSinkOutcome, 'exits'>> {
  const found = await rowsOf(
    plan.target,
    `select thing || ':' || boot || ':' || seq as id, count(*) as rows, count(distinct index) as parts
    from results where boot = '${boot}' group by 1`,
  );
  const byId = new Map(found.map(({ id, rows, parts }) => [String(id), { rows: Number(rows), parts: Number(parts) }]));
  const letters = await rowsOf(plan.target, 'select count(*) as count from dead_letters');
  const sent = new Set(load.acknowledged);
  let [lost, twice] = [0, 0];
  for (const id of sent) lost += plan.resultsPerMessage - (byId.get(id)?.parts ?? 0);
  for (const { rows, parts } of byId.values()) twice += rows - parts;
  return {
    kills: plan.kills,
    messages: sent.size,
    sent: sent.size * plan.resultsPerMessage,
    rows: [...byId.values()].reduce((sum, { rows }) => sum + rows, 0),
    lost,
    unexpected: [...byId.keys()].filter((id) => !sent.has(id)).length,
    twice,
    deadLetters: Number(letters[0]?.count ?? 0),
  };
}

/** What of the outcome is not as it must be. */
export function faultsOfSinks({ lost, twice, deadLetters, exits }: KillSinkOutcome): string[] {
  const faults: string[] = [];
  if (lost > 0) faults.push(`${lost} results are lost`);
  if (twice > 0) faults.push(`${twice} rows are there twice`);
  if (deadLetters > 0) faults.push(`${deadLetters} dead letters`);
  for (const exit of exits) if (exit !== 0) faults.push(`a sink ended with ${exit}`);
  return faults;
}
