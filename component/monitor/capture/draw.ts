import { createHash } from 'node:crypto';

const DRAW_BITS = 48;

/** Names a text of a request, or one that a model saw, in 32 digits; no text is kept in memory for longer than it takes. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** A number from 0 up to, not including, 1, the same for the same fingerprint: a request that comes again is drawn again or never. */
export function drawOf(name: string): number {
  return Number.parseInt(name.slice(0, DRAW_BITS / 4), 16) / 2 ** DRAW_BITS;
}

/** The last so many names; the oldest is forgotten first. */
export class RecentNames {
  readonly #names = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.add(name);
    if (this.#names.size <= this.#limit) return;
    const [oldest] = this.#names;
    if (oldest !== undefined) this.#names.delete(oldest);
  }
}
