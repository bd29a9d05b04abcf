import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { areLive } from '../config/live-settings.ts';
import { NucleusSettings } from '../config/nucleus-settings.ts';
import { VergeError } from '../contract/error.ts';
import type { Settings } from '../contract/settings.ts';
import { linkErrors } from '../link/errors.ts';
import { GreengrassBus } from '../link/greengrass/greengrass-bus.ts';
import { GreengrassLink } from '../link/greengrass/greengrass-link.ts';
import { IpcSession } from '../link/greengrass/ipc-session.ts';
import { type GreengrassEnvironment, NUCLEUS_LIMITS, type NucleusKind } from '../link/greengrass/nucleus.ts';
import {
  answerValidation,
  deferUpdates,
  nucleusOf,
  readConfiguration,
  reportState,
  watchConfiguration,
} from '../link/greengrass/nucleus-services.ts';
import { mayExitForToken } from '../link/greengrass/refused-token.ts';
import type { Link } from '../link/link.ts';
import type { LocalBus } from '../link/local-bus.ts';
import { markReplay } from '../outbox/mark-replay.ts';
import type { Runtime } from './runtime.ts';

export interface ComponentParts {
  readonly environment: GreengrassEnvironment;
  /** The component's work folder, which is the working directory (fact I1). */
  readonly workFolder: string;
  readonly log: Logger;
  readonly openRuntime: (
    settings: Settings,
    links: { readonly link: Link; readonly localBus: LocalBus },
    onState: (state: string) => void,
  ) => Promise<Runtime>;
}

/** Between tries to read the configuration over a connection that there is. */
const RETRY_MS = 1000;

/** The runtime as a Greengrass component: the nucleus is its link, its configuration and its supervisor. */
export class ComponentRun {
  readonly #parts: ComponentParts;
  readonly #session: IpcSession;
  readonly #stop = new AbortController();
  #runtime: Runtime | undefined;
  #invalid: VergeError | undefined;
  /** Keys for whose sake the runtime begins anew. */
  #restartFor: readonly string[] | undefined;
  #failed = false;
  #overruns = 0;

  constructor(parts: ComponentParts) {
    this.#parts = parts;
    this.#session = new IpcSession({
      environment: parts.environment,
      onTokenRefused: () => void this.#tokenRefused(),
    });
    this.#session.onChange(({ state, reason }) => parts.log.info({ session: state, reason }, 'the session changed'));
  }

  /** Serves until it is stopped or fails. @returns the exit code */
  async run(): Promise<number> {
    const { environment, log } = this.#parts;
    try {
      const settings = await this.#connect();
      if (settings === undefined) return this.#failed ? 1 : 0;
      const kind =
        settings.current.nucleus === 'auto' ? nucleusOf(this.#session, environment) : settings.current.nucleus;
      const can = this.#session.capabilities();
      log.info({ nucleus: kind, version: environment.nucleusVersion, can }, 'the nucleus around the runtime is known');
      const exitCode = await this.#serve(settings, kind);
      if (exitCode !== 0) await reportState(this.#session, 'ERRORED');
      return exitCode;
    } finally {
      await this.#session.close();
    }
  }

  /** Drains and ends. Safe to call twice. */
  stop(reason: string): void {
    this.#stop.abort(reason);
    void this.#runtime?.stop(reason);
  }

  /** Ends because of an error. Safe to call twice. */
  fail(error: unknown): void {
    if (this.#runtime) {
      void this.#runtime.fail(error);
      return;
    }
    this.#parts.log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    this.#failed = true;
    this.#stop.abort();
  }

  /** @returns undefined where it was stopped before there were settings */
  async #connect(): Promise<NucleusSettings | undefined> {
    await deferUpdates(this.#session, () => this.#runtime?.isBusy ?? false);
    this.#session.start();
    for (;;) {
      await this.#whenConnected();
      if (this.#stop.signal.aborted) return undefined;
      try {
        const settings = await this.#readSettings();
        await answerValidation(this.#session, (raw) => settings.objection(raw));
        await watchConfiguration(this.#session, () => void settings.update());
        return settings;
      } catch (error) {
        if (error instanceof VergeError && !error.code.startsWith('LINK_')) throw error;
        this.#parts.log.warn({ err: error }, 'the configuration could not be read yet');
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  #readSettings(): Promise<NucleusSettings> {
    return NucleusSettings.open({
      read: () => readConfiguration(this.#session),
      thing: this.#parts.environment.thing,
      folder: this.#parts.workFolder,
      onInvalid: (error) => this.#configurationInvalid(error),
      onChange: (next, keys) => this.#configurationChanged(next, keys),
    });
  }

  /** Resolves when there is a connection, or when the process shall end. */
  #whenConnected(): Promise<void> {
    if (this.#session.state === 'connected' || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = this.#session.onChange(({ state }) => {
        if (state === 'connected') done();
      });
      const done = (): void => {
        end();
        resolve();
      };
      this.#stop.signal.addEventListener('abort', done, { once: true });
    });
  }

  async #serve(settings: NucleusSettings, kind: NucleusKind): Promise<number> {
    const { log, openRuntime } = this.#parts;
    for (;;) {
      const link = new GreengrassLink({
        session: this.#session,
        limits: NUCLEUS_LIMITS[kind],
        onOverrun: (topic) => this.#overrun(topic),
        replayOf: markReplay,
      });
      this.#restartFor = undefined;
      log.level = settings.current.logLevel;
      const localBus = new GreengrassBus(this.#session);
      const runtime = await openRuntime(settings.current, { link, localBus }, (state) => {
        if (state === 'ready') void reportState(this.#session, 'RUNNING');
      });
      this.#runtime = runtime;
      if (this.#invalid) this.#configurationInvalid(this.#invalid);
      await runtime.start();
      if (this.#stop.signal.aborted) void runtime.stop(String(this.#stop.signal.reason));
      const exitCode = await runtime.ended;
      if (exitCode !== 0 || this.#restartFor === undefined || this.#stop.signal.aborted) return exitCode;
      log.info({ settings: this.#restartFor }, 'the runtime begins anew with other settings');
    }
  }

  /** Logged for the 1st, 2nd, 4th, 8th … time, since these come in floods. */
  #overrun(topic: string): void {
    const count = ++this.#overruns;
    if ((count & (count - 1)) !== 0) return;
    this.#parts.log.error({ topic, count }, 'messages were dropped: too many are being handled');
  }

  #configurationChanged(settings: Settings, keys: readonly (keyof Settings)[]): void {
    const { log } = this.#parts;
    log.info({ settings: keys }, 'the configuration changed');
    if (areLive(keys)) {
      this.#runtime?.apply(settings);
      return;
    }
    this.#restartFor = keys;
    void this.#runtime?.stop(`these settings changed: ${keys.join(', ')}`);
  }

  #configurationInvalid(error: VergeError): void {
    this.#invalid = this.#runtime === undefined ? error : undefined; // told when there is a runtime to tell it
    const text = `${error.message} The settings of before stay in force.`;
    void this.#runtime?.tell('configuration-invalid', text, { code: error.code });
  }

  /** Fact L7: ends once, so that the nucleus gives the next process a token that holds; else goes on trying. */
  async #tokenRefused(): Promise<void> {
    const { workFolder, log } = this.#parts;
    const refused = linkErrors.make('LINK_TOKEN_REFUSED', 'the nucleus refuses the token that it gave this process');
    const exits = await mayExitForToken(workFolder, new Date());
    log.error({ err: refused, exits }, refused.message);
    if (exits) this.fail(refused);
  }
}
