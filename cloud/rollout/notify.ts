import { setTimeout as delay } from 'node:timers/promises';
import { rolloutErrors } from './errors.ts';
import { readAloud } from './machine/journal.ts';
import type { JournalEntry, RolloutState } from './state.ts';

/** Where news go: `https://…` gets a POST of JSON, `arn:…:sns:…` a message. */
export interface NotifierOptions {
  readonly to: readonly string[];
  readonly publish: (topicArn: string, subject: string, message: string) => Promise<void>;
  readonly fetch?: typeof fetch;
  /** Before the second try; doubled for each one after, with jitter. */
  readonly retryMs?: number;
  readonly onFailure?: (words: string) => void;
}

export interface Notifier {
  /** Takes what a person wants to hear of, and returns at once. */
  tell(state: RolloutState, news: readonly JournalEntry[]): void;
  /** Resolves when all is sent, or after a while. */
  flush(): Promise<void>;
}

/** What is worth a message; the journal has the rest. */
const NEWS = new Set([
  'started',
  'passed',
  'asked',
  'foreign',
  'failed',
  'paused',
  'resumed',
  'approved',
  'aborting',
  'rolling-back',
  'done',
  'rolled-back',
  'aborted',
]);
/** More wait only where nobody listens; the oldest are then given up. */
const MAX_WAITING = 100;
const TRIES = 4;
const TIMEOUT_MS = 5000;
const FLUSH_MS = 10_000;
const TOPIC = /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/** @throws VergeError ROLLOUT_NOTIFY_INVALID */
export function makeNotifier({
  to,
  publish,
  retryMs = 500,
  onFailure = () => undefined,
  ...options
}: NotifierOptions): Notifier {
  for (const address of to) checkAddress(address);
  const send = options.fetch ?? fetch;
  const waiting: (() => Promise<void>)[] = [];
  let working: Promise<void> | undefined;

  async function post(address: string, body: object): Promise<void> {
    const response = await send(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  }

  async function attempt(address: string, work: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === TRIES) return onFailure(`${new URL(address).host || address} was not told: ${String(error)}`);
        await delay(retryMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
    working = undefined;
  }

  return {
    tell(state, news) {
      for (const entry of news.filter(({ what }) => NEWS.has(what))) {
        const { id, phase, hold } = state;
        const body = { rollout: id, phase, ...(hold ? { hold } : {}), ...entry };
        const subject = `Rollout ${id}: ${entry.what}`;
        for (const address of to) {
          const deliver = address.startsWith('arn:')
            ? () => publish(address, subject, `${readAloud(entry)}\n\n${JSON.stringify(body)}`)
            : () => post(address, body);
          waiting.push(() => attempt(address, deliver));
        }
      }
      waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING));
      working ??= waiting.length > 0 ? work() : undefined;
    },
    flush: () => Promise.race([Promise.resolve(working), delay(FLUSH_MS, undefined, { ref: false })]),
  };
}

function checkAddress(address: string): void {
  if (TOPIC.test(address)) return;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // `fetch` takes none, and its error would show them.
  if (url && (url.username !== '' || url.password !== '')) {
    throw rolloutErrors.make('ROLLOUT_NOTIFY_INVALID', `An address on ${url.host} has a user or a password in it`);
  }
  const loopback = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol === 'https:' || loopback) return;
  throw rolloutErrors.make(
    'ROLLOUT_NOTIFY_INVALID',
    `${JSON.stringify(address.slice(0, 100))} is no address for notifications`,
  );
}
