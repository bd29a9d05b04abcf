import type { VergeError } from '../contract/error.ts';
import type { Settings } from '../contract/settings.ts';
import type { Place } from '../contract/topics.ts';
import type { Link, LinkSubscription } from '../link/link.ts';
import type { LocalBus, LocalSubscription } from '../link/local-bus.ts';
import { CommandSource, type RequestRefused } from '../sources/command-source.ts';
import { FileSource } from '../sources/file/file-source.ts';
import { LocalSource } from '../sources/local/local-source.ts';
import type { TextDesk } from '../sources/text-desk.ts';

export interface SourcesOptions {
  readonly settings: Settings;
  readonly place: Place;
  readonly link: Link;
  /** Undefined where the link has none. */
  readonly localBus: LocalBus | undefined;
  readonly desk: TextDesk;
  readonly now: () => Date;
  readonly onRefused: RequestRefused;
  /** A source does not work as it should, and goes on trying. */
  readonly onTrouble: (error: VergeError) => void;
  readonly onReplyLost: (error: unknown) => void;
}

/** In the work folder. */
const POSITION_FILE = 'followed-file.json';

/** Every source that the settings switch on. */
export class Sources {
  readonly #commands: CommandSource | undefined;
  readonly #local: LocalSource | undefined;
  readonly #file: FileSource | undefined;

  constructor(options: SourcesOptions) {
    const { settings, place, link, localBus, desk, now, onRefused, onTrouble, onReplyLost } = options;
    if (settings.commandSource) this.#commands = new CommandSource({ place, link, desk, now, onRefused });
    if (settings.localSource && localBus) {
      this.#local = new LocalSource({
        bus: localBus,
        desk,
        now,
        maxReplyBytes: settings.messageBytes,
        runnersUp: settings.runnersUp,
        onRefused,
        onReplyLost,
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

  /** To be called before the link starts, since a resumed session delivers at once. */
  start(): (LinkSubscription | LocalSubscription)[] {
    this.#file?.start();
    return [this.#commands?.start(), this.#local?.start()].filter((subscription) => subscription !== undefined);
  }

  /** Takes nothing more; what was taken is finished by the desk. */
  stop(): void {
    this.#commands?.stop();
    this.#local?.stop();
    this.#file?.stop();
  }

  /** To be called when the desk is done. Safe to call twice. */
  async close(): Promise<void> {
    await this.#file?.close();
  }
}
