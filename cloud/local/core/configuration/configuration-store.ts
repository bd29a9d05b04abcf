import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ConfigurationTree, changedKeys } from './configuration-tree.ts';

/** Called with the top-level keys that changed. */
export type ConfigurationListener = (keys: readonly string[]) => void;

/** The configuration of every component, in a file that survives the core. It keeps no timestamp for each value. */
export class ConfigurationStore {
  readonly #file: string;
  readonly #trees: Map<string, ConfigurationTree>;
  readonly #listeners = new Map<string, Set<ConfigurationListener>>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, trees: Map<string, ConfigurationTree>) {
    this.#file = file;
    this.#trees = trees;
  }

  /** Reads what an earlier core left in the folder. */
  static async open(folder: string): Promise<ConfigurationStore> {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, 'configuration.json');
    const text = await readFile(file, 'utf8').catch(() => '{}'); // the first start
    const trees = JSON.parse(text) as Record<string, ConfigurationTree>; // written below
    return new ConfigurationStore(file, new Map(Object.entries(trees)));
  }

  has(component: string): boolean {
    return this.#trees.has(component);
  }

  get(component: string): ConfigurationTree {
    return this.#trees.get(component) ?? {};
  }

  /** Resolves when it is on disk; whoever listens has been told by then. */
  async set(component: string, tree: ConfigurationTree): Promise<void> {
    const before = this.get(component);
    this.#trees.set(component, tree);
    const keys = changedKeys(before, tree);
    for (const listener of [...(this.#listeners.get(component) ?? [])]) if (keys.length > 0) listener(keys);
    await this.#write();
  }

  async remove(component: string): Promise<void> {
    this.#trees.delete(component);
    await this.#write();
  }

  /** Calls for every change; the function returned ends that. */
  onChange(component: string, listener: ConfigurationListener): () => void {
    const listeners = this.#listeners.get(component) ?? new Set();
    this.#listeners.set(component, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = JSON.stringify(Object.fromEntries(this.#trees), null, 2);
      await writeFile(`${this.#file}.new`, text);
      await rename(`${this.#file}.new`, this.#file);
    });
    return this.#writing;
  }
}
