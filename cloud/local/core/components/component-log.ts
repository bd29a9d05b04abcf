import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Lines kept in memory; the file has them all. */
const MAX_LINES = 10_000;

/** What a component's processes print, as a file in `logs/` and for whoever waits for a line. */
export class ComponentLog {
  readonly file: string;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();

  constructor(root: string, component: string) {
    const folder = path.join(root, 'logs');
    mkdirSync(folder, { recursive: true });
    this.file = path.join(folder, `${component}.log`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  follow(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => this.add(line));
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    appendFileSync(this.file, `${line}\n`);
    for (const look of [...this.#waiting]) look(line);
  }

  /** Resolves with the first line, past or future, that holds these words. */
  until(words: string): Promise<string> {
    const past = this.#lines.find((line) => line.includes(words));
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const look = (line: string): void => {
        if (!line.includes(words)) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
    });
  }
}
