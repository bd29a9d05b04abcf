import { VergeError } from '../contract/error.ts';
import type { EventName } from '../contract/event.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import { startControlSource } from '../sources/control-source.ts';
import { sourceErrors } from '../sources/errors.ts';
import type { DeskModel } from '../sources/text-desk.ts';
import { type Assembly, assemble, type RuntimeParts } from './assemble.ts';
import { closeRuntime, exitCodeOf, logRest } from './close-runtime.ts';
import { tellLoaded } from './tell-news.ts';
import type { Teller } from './teller.ts';

/**
 * - `starting`: models load and prove themselves; commands wait
 * - `ready`: texts are answered
 * - `draining`: nothing new is taken, what was taken is answered and sent
 * - `stopped`: ended as asked; what could not be sent is in the outbox
 * - `failed`: ended otherwise; the reason is in the log and, where the link allowed it, on its way as an event
 */
export type RuntimeState = 'starting' | 'ready' | 'draining' | 'stopped' | 'failed';

export interface RuntimeOptions extends RuntimeParts {
  /** Told of every state, after it was logged. */
  readonly onState?: (state: RuntimeState) => void;
}

/** One life of the device half: from its settings to an exit code. */
export class Runtime {
  /** Resolves to the exit code when everything is closed: 0 stopped as asked, 2 the user's to fix, 1 ours. */
  readonly ended: Promise<number>;
  readonly #options: RuntimeOptions;
  readonly #parts: Assembly;
  /** Those in force: some change while it runs. */
  #settings: Settings;
  #state: RuntimeState = 'starting';
  #resolveEnded: (exitCode: number) => void = () => undefined;
  #resolveReady: () => void = () => undefined;
  #ending: Promise<void> | undefined;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const ready = new Promise<void>((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#parts = assemble(options, {
      settings: () => this.#settings,
      ready,
      onLoaded: (...loaded) => this.#loaded(...loaded),
      onEngineLost: (model) => this.#replace(model),
    });
  }

  get state(): RuntimeState {
    return this.#state;
  }

  /** Whether texts are being answered. */
  get isBusy(): boolean {
    return this.#parts.admission.held > 0;
  }

  /** Takes settings of which only live ones have changed (`config/live-settings.ts`). */
  apply(settings: Settings): void {
    this.#settings = settings;
    this.#options.log.level = settings.logLevel;
    if (this.#state === 'ready') this.#parts.monitor.heartbeat.start();
  }

  /** Tells of something that happened around the runtime. */
  async tell(...told: Parameters<Teller['tell']>): Promise<void> {
    await this.#parts.teller.tell(...told);
  }

  /** Connects, loads every model and serves. Whatever goes wrong ends the runtime; `ended` tells how. */
  async start(): Promise<void> {
    const { link, source } = this.#options;
    const { sources, models, monitor, teller, onRefused } = this.#parts;
    this.#watchLink();
    const reportHealth = (): Promise<void> => monitor.heartbeat.beat();
    const onSentAt = (sentAt: string): void => monitor.clockOffset.heard(sentAt);
    const control = startControlSource({ place: source.place, link, reportHealth, onRefused, onSentAt });
    const subscriptions = [sources.start(), control];
    for (const subscription of subscriptions) {
      subscription?.granted.catch((error: unknown) => {
        if (!this.#ending) void this.fail(error);
      });
    }
    link.start();
    try {
      await sources.listen();
      await models.start();
    } catch (error) {
      await this.fail(error);
      return;
    }
    if (this.#ending) return;
    this.#change('ready', `models that serve: ${models.serving.references().length}`);
    this.#resolveReady();
    monitor.start();
    await monitor.heartbeat.change('ready');
    await teller.tell('runtime-started', `Runtime ${source.runtimeVersion} serves as ${source.place.thing}.`);
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

  /** A worker that broke is replaced; where that fails, so does the runtime, and the nucleus starts it anew. */
  async #replace(model: DeskModel): Promise<void> {
    try {
      await this.#parts.models.serving.reload(model);
    } catch (error) {
      void this.fail(error);
      throw sourceErrors.make('SOURCE_STOPPING', 'a model broke and could not be loaded again');
    }
  }

  #loaded(...loaded: [model: ModelReference, before: ModelReference | undefined, role?: 'challenger']): void {
    const { teller, monitor } = this.#parts;
    void tellLoaded(teller, ...loaded);
    if (this.#state === 'ready') void monitor.heartbeat.beat(); // a rollout waits for it
  }

  async #end(state: 'draining' | 'failed', reason: string, event: EventName, error: unknown): Promise<void> {
    const { link, store, journal, log } = this.#options;
    const deadline = AbortSignal.timeout(this.#settings.drainTimeoutMs);
    this.#change(state, reason);
    if (error !== undefined) log.error({ err: error }, 'the runtime fails');
    const rest = await closeRuntime({
      ...this.#parts,
      state,
      deadline,
      tell: () =>
        this.#parts.teller.tell(
          event,
          `The runtime ${state === 'failed' ? 'fails' : 'stops'}: ${reason}`,
          error instanceof VergeError ? { code: error.code } : {},
        ),
      letWaitersGo: this.#resolveReady,
      link,
      store,
      journalStore: journal?.store,
    });
    logRest(rest, log);
    if (state === 'draining') this.#change('stopped', 'everything is closed');
    this.#resolveEnded(exitCodeOf(error, rest));
  }

  #watchLink(): void {
    const { link, log } = this.#options;
    let connections = 0;
    link.onChange(({ state, reason }) => {
      log.info({ link: state, reason }, 'the link changed');
      if (state === 'connected' && connections++ > 0)
        void this.#parts.teller.tell('link-restored', `The link is back: ${reason}.`);
    });
  }

  #change(state: RuntimeState, reason: string): void {
    this.#options.log.info({ from: this.#state, to: state, reason }, 'the runtime changes state');
    this.#state = state;
    this.#options.onState?.(state);
  }
}
