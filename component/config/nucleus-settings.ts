import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VergeError } from '../contract/error.ts';
import type { Settings } from '../contract/settings.ts';
import { changedSettings } from './live-settings.ts';
import { parseSettings } from './parse-settings.ts';

export interface NucleusSettingsOptions {
  /** Reads the component's whole configuration from the nucleus (fact G6). */
  readonly read: () => Promise<unknown>;
  /** The thing's name is the nucleus's to say (fact I1). */
  readonly thing: string;
  /** The component's work folder: keeps the last good configuration over restarts. */
  readonly folder: string;
  /** The configuration of the nucleus is wrong; what was in force stays in force. */
  readonly onInvalid: (error: VergeError) => void;
  readonly onChange: (settings: Settings, changed: readonly (keyof Settings)[]) => void;
}

/** In the work folder: the last configuration that was good, as it came. */
const LAST_GOOD = 'last-good-configuration.json';
const PLACE = 'the component’s configuration';

/** Settings out of the component's configuration; the last good ones stay in force whatever comes. */
export class NucleusSettings {
  readonly #options: NucleusSettingsOptions;
  #current: Settings;
  #rejected = '';
  #updating: Promise<void> = Promise.resolve();

  private constructor(options: NucleusSettingsOptions, current: Settings) {
    this.#options = options;
    this.#current = current;
  }

  /**
   * Reads the configuration; where it is wrong, that of before is taken, since nucleus lite starts the component with what
   * was deployed, right or wrong (fact L3).
   * @throws VergeError CONFIG_… where there is no good one at all; or of the connection
   */
  static async open(options: NucleusSettingsOptions): Promise<NucleusSettings> {
    const raw = await options.read();
    try {
      const settings = await parseConfiguration(raw, options.thing);
      await keep(options.folder, raw);
      return new NucleusSettings(options, settings);
    } catch (error) {
      const before = await lastGood(options);
      if (!(error instanceof VergeError) || before === undefined) throw error;
      const opened = new NucleusSettings(options, before);
      opened.#reject(error, raw);
      return opened;
    }
  }

  get current(): Settings {
    return this.#current;
  }

  /** Why a configuration would not be taken; undefined where it would be. */
  async objection(raw: unknown): Promise<string | undefined> {
    try {
      await parseConfiguration(raw, this.#options.thing);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Reads the configuration again: something in it has changed, or may have. Resolves when it is in force or refused. */
  update(): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update().catch(() => undefined)); // no connection: with the next
    return this.#updating;
  }

  async #update(): Promise<void> {
    const raw = await this.#options.read();
    let settings: Settings;
    try {
      settings = await parseConfiguration(raw, this.#options.thing);
    } catch (error) {
      if (error instanceof VergeError) this.#reject(error, raw);
      return;
    }
    this.#rejected = '';
    const changed = changedSettings(this.#current, settings);
    if (changed.length === 0) return;
    this.#current = settings;
    await keep(this.#options.folder, raw);
    this.#options.onChange(settings, changed);
  }

  /** Told once for each wrong configuration, however often it is read. */
  #reject(error: VergeError, raw: unknown): void {
    const text = JSON.stringify(raw);
    if (text === this.#rejected) return;
    this.#rejected = text;
    this.#options.onInvalid(error);
  }
}

/** The nucleus keeps a component's access control among its configuration (fact G7); it is no setting. */
async function parseConfiguration(raw: unknown, thing: string): Promise<Settings> {
  if (typeof raw !== 'object' || raw === null) return parseSettings(raw, PLACE);
  const { accessControl: _policies, ...settings } = raw as Record<string, unknown>; // an object, looked at by the schema
  return parseSettings({ ...settings, thing }, PLACE);
}

async function lastGood({ folder, thing }: NucleusSettingsOptions): Promise<Settings | undefined> {
  try {
    return await parseConfiguration(JSON.parse(await readFile(path.join(folder, LAST_GOOD), 'utf8')), thing);
  } catch {
    return undefined; // there was none, or it is of another version
  }
}

/** A disk that takes nothing must not stop the runtime. */
async function keep(folder: string, raw: unknown): Promise<void> {
  const file = path.join(folder, LAST_GOOD);
  try {
    await writeFile(`${file}.new`, JSON.stringify(raw), { mode: 0o600 });
    await rename(`${file}.new`, file);
  } catch {
    // the one before stays
  }
}
