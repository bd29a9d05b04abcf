/** Answers by exact token ids (fact R8), the least recently used forgotten first. */
export class DuplicateCache<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #limit: number;

  /** @param limit 0 keeps nothing */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, value: Value): void {
    if (this.#limit === 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** A string that two lists of token ids share only when they are equal: two UTF-16 units an id. */
export function keyOf(ids: Int32Array): string {
  const units = new Uint16Array(ids.buffer, ids.byteOffset, ids.length * 2);
  return String.fromCharCode.apply(null, units as unknown as number[]); // apply takes any array-like; ids are at most 8,192
}
