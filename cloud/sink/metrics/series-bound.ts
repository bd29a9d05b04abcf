/** What all series beyond the bound are counted under. */
export const OTHER = '(other)';
const MAX_VALUE_LENGTH = 100;

/**
 * Lets so many different combinations of labels through and gathers the rest under `(other)`: devices choose these words, and
 * every combination costs memory here and in whatever scrapes.
 */
export class SeriesBound {
  readonly #max: number;
  readonly #known = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  admit<T extends Record<string, string>>(labels: T): T {
    // A value is one line's part: halves of pairs and control characters stay out of it.
    const clean = mapValues(labels, (value) =>
      value.replace(/\p{Cc}|\p{Surrogate}/gu, '\ufffd').slice(0, MAX_VALUE_LENGTH),
    );
    const name = JSON.stringify(clean);
    if (this.#known.has(name)) return clean;
    if (this.#known.size >= this.#max) return mapValues(labels, () => OTHER);
    this.#known.add(name);
    return clean;
  }
}

function mapValues<T extends Record<string, string>>(labels: T, map: (value: string) => string): T {
  // The same names with other texts.
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, map(value)])) as T;
}
