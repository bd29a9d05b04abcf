import type { Logger } from 'pino';
import { VergeError } from '../contract/error.ts';
import type { EventName } from '../contract/event.ts';
import { MAX_MESSAGE_BYTES, type ModelReference } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import type { Link } from '../link/link.ts';
import type { LocalBus } from '../link/local-bus.ts';
import type { SigningKey } from '../models/signature/keys.ts';
import type { HealthSource } from '../monitor/describe-health.ts';
import { DropReport } from '../monitor/drop-report.ts';
import type { MessageStore } from '../outbox/message-store.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Admission } from '../sources/admission.ts';
import type { RequestRefused } from '../sources/command-source.ts';
import { startControlSource } from '../sources/control-source.ts';
import { sourceErrors } from '../sources/errors.ts';
import { type DeskModel, TextDesk } from '../sources/text-desk.ts';
import { closeRuntime, exitCodeOf, logRest } from './close-runtime.ts';
import { Models } from './open-models.ts';
import { Monitor } from './open-monitor.ts';
import { Sources } from './open-sources.ts';
import { tellDropped, tellLoaded, tellRefused, tellUnloaded } from './tell-news.ts';
import { Teller } from './teller.ts';

/**
 * - `starting`: models load and prove themselves; commands wait
 * - `ready`: texts are answered
 * - `draining`: nothing new is taken, what was taken is answered and sent
 * - `stopped`: ended as asked; what could not be sent is in the outbox
 * - `failed`: ended otherwise; the reason is in the log and, where the link allowed it, on its way as an event
 */
export type RuntimeState = 'starting' | 'ready' | 'draining' | 'stopped' | 'failed';

/** What a runtime is made of; `main.ts` chooses the real ones. */
export interface RuntimeParts {
  readonly settings: Settings;
  readonly source: HealthSource;
  readonly link: Link;
  readonly store: MessageStore;
  /** The device's own publish and subscribe, where the link comes with one. */
  readonly localBus?: LocalBus | undefined;
  /** The built inference worker. */
  readonly workerUrl: URL;
  readonly modelKeys: readonly SigningKey[];
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
  readonly #models: Models;
  readonly #admission: Admission;
  readonly #drops: DropReport;
  readonly #outbox: Outbox;
  readonly #teller: Teller;
  readonly #desk: TextDesk;
  readonly #monitor: Monitor;
  readonly #sources: Sources;
  /** Those in force: some change while it runs. */
  #settings: Settings;
  #state: RuntimeState = 'starting';
  #resolveEnded: (exitCode: number) => void = () => undefined;
  #resolveReady: () => void = () => undefined;
  #ending: Promise<void> | undefined;

  constructor(parts: RuntimeParts) {
    const { settings, link, store, now } = parts;
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
    this.#models = this.#openModels();
    this.#admission = new Admission(settings.engineQueueTexts);
    this.#drops = new DropReport((sum) => void tellDropped(this.#teller, sum));
    this.#outbox = new Outbox({
      source,
      link,
      store,
      get messageBytes() {
        return Math.min(inForce().messageBytes, link.limits.payloadBytes ?? MAX_MESSAGE_BYTES);
      },
      get flushWaitMs() {
        return inForce().flushWaitMs;
      },
      now,
      onDropped: (dropped) => this.#drops.add(dropped),
      onFailing: ({ code, message }) => void this.#teller.tell('outbox-failing', message, { code }),
      onRestored: () => void this.#teller.tell('outbox-restored', 'The outbox can be written again.'),
    });
    this.#teller = new Teller({ log: parts.log, now, post: (data) => this.#outbox.post('event', data) });
    this.#monitor = new Monitor({
      ...parts,
      source,
      bus: parts.localBus,
      outbox: this.#outbox,
      admission: this.#admission,
      models: this.#models,
      teller: this.#teller,
      random: Math.random,
    });
    this.#desk = new TextDesk({
      ready,
      model: (name) => this.#models.serving.get(name),
      modelNames: () => this.#models.serving.references().map(({ name }) => name),
      admission: this.#admission,
      deliver: (result) => this.#outbox.append(result),
      get includeText() {
        return inForce().includeText;
      },
      runnersUp: settings.runnersUp,
      reportReplies: settings.reportReplies,
      observe: this.#monitor,
      onEngineLost: (model) => this.#replace(model),
      onAnswered: (name, text, answer) => this.#models.shadow.show(name, text, answer),
    });
    this.#sources = new Sources({
      settings,
      place: source.place,
      link,
      localBus: parts.localBus,
      desk: this.#desk,
      now,
      onRefused: this.#onRefused,
      onTrouble: ({ code, message }) => void this.#teller.tell('source-failing', message, { code }),
      manifest: (name) => this.#models.serving.find(name)?.bundle.manifest,
      log: parts.log,
    });
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
    if (this.#state === 'ready') this.#monitor.heartbeat.start();
  }

  /** Tells of something that happened around the runtime. */
  async tell(...told: Parameters<Teller['tell']>): Promise<void> {
    await this.#teller.tell(...told);
  }

  /** Connects, loads every model and serves. Whatever goes wrong ends the runtime; `ended` tells how. */
  async start(): Promise<void> {
    const { link, source } = this.#parts;
    this.#watchLink();
    const subscriptions = [
      this.#sources.start(),
      startControlSource({
        place: source.place,
        link,
        reportHealth: () => this.#monitor.heartbeat.beat(),
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
      await this.#sources.listen();
      await this.#models.start();
    } catch (error) {
      await this.fail(error);
      return;
    }
    if (this.#ending) return;
    this.#change('ready', `models that serve: ${this.#models.serving.references().length}`);
    this.#resolveReady();
    this.#monitor.start();
    await this.#monitor.heartbeat.change('ready');
    await this.#teller.tell('runtime-started', `Runtime ${source.runtimeVersion} serves as ${source.place.thing}.`);
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

  #openModels(): Models {
    const { settings, workerUrl, source } = this.#parts;
    return new Models({
      settings,
      workerUrl,
      runtimeVersion: source.runtimeVersion,
      keys: this.#parts.modelKeys,
      random: Math.random,
      observe: {
        loaded: (...loaded) => this.#loaded(...loaded),
        refused: (model, error) => void tellRefused(this.#teller, model, error),
        unloaded: (model, reason) => void tellUnloaded(this.#teller, model, reason),
      },
    });
  }

  /** A worker that broke is replaced; where that fails, so does the runtime, and the nucleus starts it anew. */
  async #replace(model: DeskModel): Promise<void> {
    try {
      await this.#models.serving.reload(model);
    } catch (error) {
      void this.fail(error);
      throw sourceErrors.make('SOURCE_STOPPING', 'a model broke and could not be loaded again');
    }
  }

  #loaded(...loaded: [model: ModelReference, before: ModelReference | undefined, role?: 'challenger']): void {
    void tellLoaded(this.#teller, ...loaded);
    if (this.#state === 'ready') void this.#monitor.heartbeat.beat(); // a rollout waits for it
  }

  async #end(state: 'draining' | 'failed', reason: string, event: EventName, error: unknown): Promise<void> {
    const { link, store, log } = this.#parts;
    const deadline = AbortSignal.timeout(this.#settings.drainTimeoutMs);
    this.#change(state, reason);
    if (error !== undefined) log.error({ err: error }, 'the runtime fails');
    const rest = await closeRuntime({
      state,
      deadline,
      tell: () =>
        this.#teller.tell(
          event,
          `The runtime ${state === 'failed' ? 'fails' : 'stops'}: ${reason}`,
          error instanceof VergeError ? { code: error.code } : {},
        ),
      letWaitersGo: this.#resolveReady,
      link,
      store,
      models: this.#models,
      sources: this.#sources,
      monitor: this.#monitor,
      outbox: this.#outbox,
      desk: this.#desk,
      drops: this.#drops,
    });
    logRest(rest, log);
    if (state === 'draining') this.#change('stopped', 'everything is closed');
    this.#resolveEnded(exitCodeOf(error, rest));
  }

  #watchLink(): void {
    const { link, log } = this.#parts;
    let connections = 0;
    link.onChange(({ state, reason }) => {
      log.info({ link: state, reason }, 'the link changed');
      if (state === 'connected' && connections++ > 0)
        void this.#teller.tell('link-restored', `The link is back: ${reason}.`);
    });
  }

  readonly #onRefused: RequestRefused = ({ code, message, requestId }) => {
    this.#monitor.refused(code);
    void this.#teller.tell('request-refused', message, { code, ...(requestId === undefined ? {} : { requestId }) });
  };

  #change(state: RuntimeState, reason: string): void {
    this.#parts.log.info({ from: this.#state, to: state, reason }, 'the runtime changes state');
    this.#state = state;
    this.#parts.onState?.(state);
  }
}
