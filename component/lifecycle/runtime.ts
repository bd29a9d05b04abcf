import type { Logger } from 'pino';
import { VergeError } from '../contract/error.ts';
import type { EventData, EventName } from '../contract/event.ts';
import { MAX_MESSAGE_BYTES } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import type { Link } from '../link/link.ts';
import { type LoadedModel, loadModel } from '../models/load-model.ts';
import { ModelSet } from '../models/model-set.ts';
import { DropReport } from '../monitor/drop-report.ts';
import { type HealthSource, Heartbeat } from '../monitor/heartbeat.ts';
import { Observations } from '../monitor/observations.ts';
import { MemoryStore } from '../outbox/memory-store.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Admission } from '../sources/admission.ts';
import { CommandSource, type RequestRefused } from '../sources/command-source.ts';
import { startControlSource } from '../sources/control-source.ts';
import { TextDesk } from '../sources/text-desk.ts';
import { lifecycleErrors } from './errors.ts';

/**
 * - `starting`: models load and prove themselves; commands wait
 * - `ready`: texts are answered
 * - `draining`: nothing new is taken, what was taken is answered and sent
 * - `stopped`: ended as asked, nothing left
 * - `failed`: ended otherwise; the reason is in the log and, where the link allowed it, on its way as an event
 */
export type RuntimeState = 'starting' | 'ready' | 'draining' | 'stopped' | 'failed';

/** What a runtime is made of; `main.ts` chooses the real ones. */
export interface RuntimeParts {
  readonly settings: Settings;
  readonly source: HealthSource;
  readonly link: Link;
  /** The built inference worker. */
  readonly workerUrl: URL;
  readonly now: () => Date;
  readonly log: Logger;
  /** Told of every state, after it was logged. */
  readonly onState?: (state: RuntimeState) => void;
}

/** One life of the device half: from its settings to an exit code. */
export class Runtime {
  /** Resolves to the exit code when everything is closed: 0 stopped as asked, 2 the user's to fix, 1 ours. */
  readonly ended: Promise<number>;
  readonly #parts: RuntimeParts;
  readonly #models = new ModelSet();
  readonly #observations = new Observations();
  readonly #admission: Admission;
  readonly #drops: DropReport;
  readonly #outbox: Outbox;
  readonly #desk: TextDesk;
  readonly #heartbeat: Heartbeat;
  readonly #commands: CommandSource | undefined;
  /** Those in force: some change while it runs. */
  #settings: Settings;
  #state: RuntimeState = 'starting';
  #resolveEnded: (exitCode: number) => void = () => undefined;
  #resolveReady: () => void = () => undefined;
  #ending: Promise<void> | undefined;

  constructor(parts: RuntimeParts) {
    const { settings, link, now } = parts;
    this.#parts = parts;
    this.#settings = settings;
    const inForce = (): Settings => this.#settings;
    const source: HealthSource = {
      ...parts.source,
      get heartbeatSeconds() {
        return inForce().heartbeatSeconds;
      },
    };
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const ready = new Promise<void>((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#admission = new Admission(settings.engineQueueTexts);
    this.#drops = new DropReport((count, reason) => this.#tellDropped(count, reason));
    this.#outbox = new Outbox({
      source,
      link,
      store: new MemoryStore(settings.outboxBytes),
      get messageBytes() {
        return Math.min(inForce().messageBytes, link.limits.payloadBytes ?? MAX_MESSAGE_BYTES);
      },
      get flushWaitMs() {
        return inForce().flushWaitMs;
      },
      now,
      onDropped: (dropped, reason) => this.#drops.add(dropped, reason),
    });
    this.#desk = new TextDesk({
      ready,
      model: (name) => this.#models.get(name),
      modelNames: () => this.#models.references().map(({ name }) => name),
      admission: this.#admission,
      deliver: (result) => this.#outbox.append(result),
      get includeText() {
        return inForce().includeText;
      },
      observe: this.#observations,
      onEngineLost: (error) => void this.fail(error),
    });
    this.#heartbeat = new Heartbeat({
      source,
      link,
      now,
      nextSeq: () => this.#outbox.nextSeq('health'),
      models: () => this.#models.references(),
      queue: () => ({ pending: this.#admission.held, limit: this.#admission.limit }),
      outbox: () => ({ ...this.#outbox.depth(), ...this.#outbox.counts() }),
      observations: this.#observations,
    });
    this.#commands = settings.commandSource
      ? new CommandSource({ place: source.place, link, desk: this.#desk, now, onRefused: this.#onRefused })
      : undefined;
  }

  get state(): RuntimeState {
    return this.#state;
  }

  /** Whether texts are being answered. */
  get isBusy(): boolean {
    return this.#admission.held > 0;
  }

  /** Takes settings of which only live ones have changed (`config/live-settings.ts`). */
  apply(settings: Settings): void {
    this.#settings = settings;
    this.#parts.log.level = settings.logLevel;
    if (this.#state === 'ready') this.#heartbeat.start();
  }

  /** Connects, loads every model and serves. Whatever goes wrong ends the runtime; `ended` tells how. */
  async start(): Promise<void> {
    const { link, source } = this.#parts;
    const settings = this.#settings;
    this.#watchLink();
    const subscriptions = [
      this.#commands?.start(),
      startControlSource({
        place: source.place,
        link,
        reportHealth: () => this.#heartbeat.beat(),
        onRefused: this.#onRefused,
      }),
    ];
    for (const subscription of subscriptions) {
      subscription?.granted.catch((error: unknown) => {
        if (!this.#ending) void this.fail(error);
      });
    }
    link.start();
    try {
      for (const folder of settings.models) this.#add(await this.#load(folder));
    } catch (error) {
      await this.fail(error);
      return;
    }
    if (this.#ending) return;
    this.#change('ready', `models that serve: ${this.#models.references().length}`);
    this.#resolveReady();
    this.#heartbeat.start();
    await this.#heartbeat.change('ready');
    await this.tell('runtime-started', `Runtime ${source.runtimeVersion} serves as ${source.place.thing}.`);
  }

  /** Answers and sends what was taken, within `drainTimeoutMs`, and ends. Safe to call twice. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#end('draining', reason, 'runtime-stopping', undefined);
    return this.#ending;
  }

  /** Ends because of an error, saving what can be saved. Safe to call twice. */
  fail(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    this.#ending ??= this.#end('failed', message, 'runtime-failed', error);
    return this.#ending;
  }

  async #load(folder: string): Promise<LoadedModel> {
    const { workerUrl } = this.#parts;
    const settings = this.#settings;
    try {
      return await loadModel(folder, {
        workerUrl,
        queueLimit: settings.engineQueueTexts,
        threads: settings.engineThreads,
        cacheEntries: settings.engineCacheEntries,
        maxBatchTokens: settings.engineBatchTokens,
        mixTexts: settings.engineMixTexts,
        topK: settings.runnersUp,
      });
    } catch (error) {
      if (error instanceof VergeError) await this.tell('model-refused', error.message, { code: error.code });
      throw error;
    }
  }

  #add(model: LoadedModel): void {
    this.#models.add(model);
    const { name, version } = model.reference;
    void this.tell('model-loaded', `${name} ${version} answered its golden samples and serves.`, {
      model: model.reference,
    });
  }

  async #end(state: 'draining' | 'failed', reason: string, event: EventName, error: unknown): Promise<void> {
    const { link, log } = this.#parts;
    const deadline = AbortSignal.timeout(this.#settings.drainTimeoutMs);
    this.#change(state, reason);
    if (error !== undefined) log.error({ err: error }, 'the runtime fails');
    this.#commands?.stop();
    const said = this.#heartbeat.change(state === 'failed' ? 'failed' : 'draining');
    await this.tell(
      event,
      `The runtime ${state === 'failed' ? 'fails' : 'stops'}: ${reason}`,
      error instanceof VergeError ? { code: error.code } : {},
    );
    this.#resolveReady(); // commands that wait for models are let go: the desk takes nothing more
    await this.#desk.close(deadline);
    this.#drops.flush();
    const left = await this.#outbox.drain(deadline);
    await within(deadline, said);
    if (state === 'draining') await within(deadline, this.#heartbeat.change('stopped'));
    this.#heartbeat.stop();
    this.#outbox.close();
    await link.close();
    await within(AbortSignal.any([deadline, AbortSignal.timeout(CLOSE_MS)]), this.#models.close());
    this.#finish(state, left, error);
  }

  #finish(state: 'draining' | 'failed', left: number, error: unknown): void {
    const { log } = this.#parts;
    if (left > 0) {
      const lost = lifecycleErrors.make(
        'RUNTIME_RESULTS_LEFT',
        `${left} results could not be sent within ${this.#settings.drainTimeoutMs} ms and are lost`,
      );
      log.error({ err: lost }, lost.message);
    }
    if (state === 'draining') this.#change('stopped', 'everything is closed');
    if (error instanceof VergeError) this.#resolveEnded(error.fault === 'user' ? EXIT_USER : EXIT_VERGE);
    else this.#resolveEnded(error === undefined && left === 0 ? 0 : EXIT_VERGE);
  }

  #watchLink(): void {
    const { link, log } = this.#parts;
    let connections = 0;
    link.onChange(({ state, reason }) => {
      log.info({ link: state, reason }, 'the link changed');
      if (state === 'connected' && connections++ > 0) void this.tell('link-restored', `The link is back: ${reason}.`);
    });
  }

  readonly #onRefused: RequestRefused = ({ code, message, requestId }) => {
    this.#observations.refused();
    void this.tell('request-refused', message, { code, ...(requestId === undefined ? {} : { requestId }) });
  };

  #tellDropped(count: number, reason: 'full' | 'refused'): void {
    const why = reason === 'full' ? 'the outbox was full' : 'the broker refused them again and again';
    void this.tell('results-dropped', `${count} results were dropped: ${why}.`, { count });
  }

  /** Logs an event and puts it into the outbox; once that is closed, the log alone has it. */
  async tell(
    name: EventName,
    message: string,
    more: Partial<Pick<EventData, 'code' | 'model' | 'requestId' | 'count'>> = {},
  ): Promise<void> {
    const { log, now } = this.#parts;
    const text = message.slice(0, MAX_EVENT_LENGTH);
    log[LOUD.has(name) ? 'warn' : 'info']({ event: name, ...more }, text);
    const event = { name, at: now().toISOString(), message: text, ...more };
    await this.#outbox.post('event', event).catch(() => undefined);
  }

  #change(state: RuntimeState, reason: string): void {
    this.#parts.log.info({ from: this.#state, to: state, reason }, 'the runtime changes state');
    this.#state = state;
    this.#parts.onState?.(state);
  }
}

const EXIT_USER = 2;
const EXIT_VERGE = 1;
/** Freeing a model takes milliseconds; a worker that hangs is left to the end of the process. */
const CLOSE_MS = 2000;
const MAX_EVENT_LENGTH = 1000;
/** Events that somebody should look at. */
const LOUD: ReadonlySet<EventName> = new Set([
  'model-refused',
  'configuration-invalid',
  'request-refused',
  'results-dropped',
  'runtime-failed',
]);

/** Waits for a promise, or until the signal says that it is time. */
async function within(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([
    promise,
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  ]);
}
