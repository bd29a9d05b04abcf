import type { Logger } from 'pino';
import { asVergeError } from '../contract/as-verge-error.ts';
import type { VergeError } from '../contract/error.ts';
import { parseHttpRoutes } from '../contract/http-routes.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Settings } from '../contract/settings.ts';
import type { Place } from '../contract/topics.ts';
import type { Link, LinkSubscription } from '../link/link.ts';
import type { LocalBus } from '../link/local-bus.ts';
import { CommandJournal } from '../sources/command-journal.ts';
import { CommandSource, type MessageTold, type RequestRefused } from '../sources/command-source.ts';
import { sourceErrors } from '../sources/errors.ts';
import { FileSource } from '../sources/file/file-source.ts';
import type { HttpSource } from '../sources/http/http-source.ts';
import type { ModelFacts } from '../sources/http/service.ts';
import { LocalSource } from '../sources/local/local-source.ts';
import type { TextDesk } from '../sources/text-desk.ts';
import type { JournalParts } from './open-outbox.ts';
import { readNamed } from './read-named.ts';

export interface SourcesOptions {
  readonly settings: Settings;
  readonly place: Place;
  readonly link: Link;
  /** Undefined where the link has none. */
  readonly localBus: LocalBus | undefined;
  /** Keeps commands where the link brings nothing twice. */
  readonly journal: JournalParts | undefined;
  readonly desk: TextDesk;
  readonly now: () => Date;
  readonly onRefused: RequestRefused;
  readonly onSentAt: MessageTold;
  /** A command is not run any more. */
  readonly onGivenUp: (error: VergeError, texts: number) => Promise<void>;
  /** A source does not work as it should, and goes on trying. */
  readonly onTrouble: (error: VergeError) => void;
  /** The manifest of a model that serves. */
  readonly manifest: (name: string) => Manifest | undefined;
  readonly log: Logger;
}

/** In the work folder. */
const POSITION_FILE = 'followed-file.json';

/** Whether the HTTP source is on. */
export function isHttpOn({ httpPort, httpSocketPath }: Settings): boolean {
  return httpPort !== undefined || httpSocketPath !== undefined;
}

/** Every source that the settings switch on. */
export class Sources {
  readonly #commands: CommandSource | undefined;
  readonly #local: LocalSource | undefined;
  readonly #file: FileSource | undefined;
  readonly #options: SourcesOptions;
  #http: HttpSource | undefined;
  #stopped = false;

  constructor(options: SourcesOptions) {
    const { settings, place, link, localBus, desk, now, onRefused, onSentAt, onGivenUp, onTrouble, log } = options;
    this.#options = options;
    if (settings.commandSource) {
      this.#commands = new CommandSource({
        place,
        link,
        journal: this.#openJournal(),
        desk,
        now,
        onRefused,
        onSentAt,
        onGivenUp,
      });
    }
    if (settings.localSource && localBus) {
      this.#local = new LocalSource({
        bus: localBus,
        desk,
        now,
        maxReplyBytes: settings.messageBytes,
        runnersUp: settings.runnersUp,
        onRefused,
        onReplyLost: (error) => log.warn({ err: error }, 'a reply could not be sent'),
      });
    }
    if (settings.followFile !== '') {
      this.#file = new FileSource({
        path: settings.followFile,
        format: settings.followFormat,
        model: settings.followModel,
        pollMs: settings.followPollMs,
        positionFile: POSITION_FILE,
        desk,
        now,
        onTrouble,
      });
    }
  }

  /**
   * To be called before the link starts, since a resumed session delivers at once.
   * @returns the subscription without which the runtime is of no use. The local topic is a convenience: a recipe of before
   *   that doesn't allow it costs the local askers, and nobody else.
   */
  start(): LinkSubscription | undefined {
    this.#file?.start();
    this.#local?.start().granted.catch((error: unknown) => {
      if (!this.#stopped) this.#options.onTrouble(asVergeError(error));
    });
    return this.#commands?.start();
  }

  /** Opens what others connect to. @throws VergeError RUNTIME_FILE, SOURCE_HTTP_… */
  async listen(): Promise<void> {
    const { settings, desk, now, log } = this.#options;
    if (!isHttpOn(settings)) return;
    const token = await readNamed('httpTokenFile', settings.httpTokenFile);
    // Loaded where it is asked for: what it is made of takes a megabyte of memory.
    const { HttpSource } = await import('../sources/http/http-source.ts');
    const http = new HttpSource({
      host: settings.httpHost,
      port: settings.httpPort,
      socketPath: settings.httpSocketPath,
      token: token?.toString('utf8').replace(/\r?\n$/, ''),
      routes: parseHttpRoutes(settings.httpRoutes),
      maxBodyBytes: settings.httpBodyBytes,
      timeoutMs: settings.httpTimeoutMs,
      desk,
      facts: (name) => this.#facts(name),
      now,
      onFailed: (error) => log.error({ err: error }, 'a request over HTTP failed'),
    });
    this.#http = http;
    if (this.#stopped) return;
    log.info({ http: await http.start() }, 'the HTTP source listens');
  }

  /** Takes nothing more; what was taken is finished by the desk. */
  stop(): void {
    this.#stopped = true;
    this.#http?.stop();
    this.#commands?.stop();
    this.#local?.stop();
    this.#file?.stop();
  }

  /** To be called when the desk is done. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([this.#file?.close(), this.#http?.close()]);
  }

  #openJournal(): CommandJournal | undefined {
    const { journal, onTrouble } = this.#options;
    if (journal === undefined) return undefined;
    return new CommandJournal({
      ...journal,
      onTrouble,
      onLost: (commands) => {
        const what = `${commands} accepted commands were damaged on the disk and are lost`;
        onTrouble(sourceErrors.make('SOURCE_JOURNAL_DAMAGED', what));
      },
    });
  }

  #facts(model: string): ModelFacts | undefined {
    const manifest = this.#options.manifest(model);
    if (manifest === undefined) return undefined;
    const { name, task, problemType, labels, rejection } = manifest;
    return { name, task, problemType, labels, rejectLabel: rejection?.label };
  }
}
