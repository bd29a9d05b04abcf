import type { Consumer } from '../consumer/consumer.ts';
import { Live } from './live/live.ts';
import type { History } from './past/history.ts';
import type { RolloutFeed } from './rollouts/rollout-feed.ts';
import { type DashboardServer, type ServeOptions, serveDashboard } from './serve/serve.ts';
import type { Baseline, Summary } from './wire/frame.ts';

export interface DashboardOptions extends ServeOptions {
  /** All five streams; acknowledged as it is read. */
  readonly consumer: Consumer;
  /** Without credentials. */
  readonly broker: string;
  readonly history?: History | undefined;
  readonly rollouts?: RolloutFeed | undefined;
  /** By digest of the bundle's manifest. */
  readonly baselines?: ReadonlyMap<string, Baseline> | undefined;
  readonly now?: (() => number) | undefined;
  readonly rolloutsEveryMs?: number | undefined;
}

export interface Dashboard extends DashboardServer {
  readonly live: Live;
  /** Resolves when the past is in, or is known not to be had. */
  readonly pastRead: Promise<void>;
  /** Ends when the consumer does; rejects where the broker turned it down. */
  readonly ended: Promise<void>;
}

const ROLLOUTS_EVERY_MS = 3_000;
/** Messages taken before others get a turn. */
const BATCH = 500;

/** Joins the past, the present and the rollouts, and serves them as a page. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { consumer, broker, history, rollouts, baselines = new Map(), now = Date.now } = options;
  const { rolloutsEveryMs = ROLLOUTS_EVERY_MS } = options;
  const live = new Live(now(), baselines);
  const stop = new AbortController();
  let past: Summary['past'] = history
    ? { state: 'loading', words: history.words }
    : { state: 'none', words: 'no database: the page begins with what comes' };
  let rolloutWords: Summary['rollouts'] = rollouts
    ? { state: 'loaded', words: rollouts.words }
    : { state: 'none', words: '' };
  const server = await serveDashboard(options, {
    live,
    now,
    surroundings: () => ({ broker, past, rollouts: rolloutWords }),
    devicePast: async (place) => history?.device(place, live.startedMs),
  });

  async function readPast(): Promise<void> {
    if (history === undefined) return;
    try {
      for await (const piece of history.read(live.startedMs, stop.signal)) live.takePast(piece, now());
      past = { state: 'loaded', words: history.words };
    } catch (error) {
      past = { state: 'failed', words: `${history.words}: ${wordsOf(error)}` };
    }
  }

  async function readRollouts(): Promise<void> {
    if (rollouts === undefined) return;
    try {
      live.takeRollouts(await rollouts.read(stop.signal));
      rolloutWords = { state: 'loaded', words: rollouts.words };
    } catch (error) {
      rolloutWords = { state: 'failed', words: `${rollouts.words}: ${wordsOf(error)}` };
    }
    if (!stop.signal.aborted) timer = setTimeout(readRollouts, rolloutsEveryMs);
  }

  let timer: NodeJS.Timeout | undefined;
  const pastRead = readPast();
  void readRollouts();
  const ended = (async () => {
    for await (const items of consumer.batches(BATCH)) {
      for (const item of items) live.take(item, now());
    }
  })();
  ended.catch(() => undefined); // whoever waits for it learns of it
  return {
    ...server,
    live,
    pastRead,
    ended,
    async close() {
      stop.abort();
      clearTimeout(timer);
      await consumer.close();
      await server.close();
      await pastRead;
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
