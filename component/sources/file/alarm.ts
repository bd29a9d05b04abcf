import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';

/**
 * Wakes whoever waits for a file to change: at once where the system tells of changes, else at the next poll. Telling may
 * fail for many reasons (no folder yet, a network file system, too few inotify watches), polling does not.
 */
export class Alarm {
  readonly #folder: string;
  readonly #name: string;
  readonly #pollMs: number;
  #watcher: FSWatcher | undefined;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(file: string, pollMs: number) {
    this.#folder = path.dirname(path.resolve(file));
    this.#name = path.basename(file);
    this.#pollMs = pollMs;
  }

  /** Resolves with `changed` at a change since the last time, or with `polled`. */
  wait(): Promise<'changed' | 'polled'> {
    this.#watch();
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve('changed');
    }
    return new Promise((resolve) => {
      const end = (why: 'changed' | 'polled'): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#rung = false;
        resolve(why);
      };
      const timer = setTimeout(() => end('polled'), this.#pollMs);
      this.#wake = () => end('changed');
    });
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  close(): void {
    this.#watcher?.close();
    this.ring();
  }

  #watch(): void {
    if (this.#watcher) return;
    try {
      const watcher = watch(this.#folder, { persistent: false }, (_event, name) => {
        if (name === null || name === this.#name) this.ring();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = undefined;
      });
      this.#watcher = watcher;
    } catch {
      // polls until the next try
    }
  }
}
