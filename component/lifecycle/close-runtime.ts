import type { Logger } from 'pino';
import { VergeError } from '../contract/error.ts';
import type { Link } from '../link/link.ts';
import type { DropReport } from '../monitor/drop-report.ts';
import type { MessageStore } from '../outbox/message-store.ts';
import type { Outbox, OutboxRest } from '../outbox/outbox.ts';
import type { TextDesk } from '../sources/text-desk.ts';
import { lifecycleErrors } from './errors.ts';
import type { Models } from './open-models.ts';
import type { Monitor } from './open-monitor.ts';
import type { Sources } from './open-sources.ts';

/** What is closed, and how. */
export interface Closing {
  /** `failed` takes the same steps and says so; there is no farewell then. */
  readonly state: 'draining' | 'failed';
  /** For everything but what frees files and models, which gets `CLOSE_MS` of its own. */
  readonly deadline: AbortSignal;
  /** Tells the cloud why it ends. */
  readonly tell: () => Promise<void>;
  /** Lets go of commands that wait for models: the desk takes nothing more. */
  readonly letWaitersGo: () => void;
  readonly link: Link;
  readonly store: MessageStore;
  readonly journalStore: MessageStore | undefined;
  readonly models: Models;
  readonly sources: Sources;
  readonly monitor: Monitor;
  readonly outbox: Outbox;
  readonly desk: TextDesk;
  readonly drops: DropReport;
}

/** Freeing a model takes milliseconds; a worker that hangs is left to the end of the process. */
const CLOSE_MS = 2000;
const EXIT_USER = 2;
const EXIT_VERGE = 1;

/** Takes nothing more, answers and sends what was taken, and frees everything. @returns what could not be sent */
export async function closeRuntime(closing: Closing): Promise<OutboxRest> {
  const { state, deadline, link, store, journalStore, models, sources, monitor, outbox, desk, drops } = closing;
  sources.stop();
  void models.stopTaking();
  const said = monitor.heartbeat.change(state);
  await closing.tell();
  closing.letWaitersGo();
  outbox.hurry();
  await desk.close(deadline);
  await within(deadline, monitor.finish());
  drops.flush();
  await within(deadline, sources.close());
  const rest = await outbox.drain(deadline);
  await within(deadline, said);
  if (state === 'draining') await within(deadline, monitor.heartbeat.change('stopped'));
  monitor.heartbeat.stop();
  outbox.close();
  await link.close();
  await within(AbortSignal.timeout(CLOSE_MS), store.close());
  await within(AbortSignal.timeout(CLOSE_MS), journalStore?.close() ?? Promise.resolve()); // last: it learns what was stored
  await within(AbortSignal.any([deadline, AbortSignal.timeout(CLOSE_MS)]), models.close());
  return rest;
}

/** Says what waits on disk for the next start, and what is lost to this one. */
export function logRest({ unstored, messages, results }: OutboxRest, log: Logger): void {
  if (messages > 0) log.warn({ messages, results }, `${results} results wait in the outbox for the next start`);
  if (unstored === 0) return;
  const left = lifecycleErrors.make(
    'RUNTIME_RESULTS_LEFT',
    `${unstored} results could be neither stored nor sent; their requests were not acknowledged`,
  );
  log.error({ err: left }, left.message);
}

/** 0 stopped as asked, 2 the user's to fix, 1 ours. */
export function exitCodeOf(error: unknown, { unstored }: OutboxRest): number {
  if (error instanceof VergeError) return error.fault === 'user' ? EXIT_USER : EXIT_VERGE;
  return error === undefined && unstored === 0 ? 0 : EXIT_VERGE;
}

/** Waits for a promise, or until the signal says that it is time. */
async function within(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([
    promise,
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  ]);
}
