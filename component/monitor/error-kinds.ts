/** More kinds than this are a flood of something; the codes of all catalogues together are about a hundred. */
const MAX_KINDS = 24;
const OTHER = 'OTHER';

export interface ErrorCount {
  readonly code: string;
  readonly count: number;
}

/** Counts errors by their code, a bounded number of them. */
export class ErrorKinds {
  readonly #counts = new Map<string, number>();

  add(code: string): void {
    const kind = this.#counts.has(code) || this.#counts.size < MAX_KINDS ? code : OTHER;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** The most frequent first. */
  counts(): ErrorCount[] {
    return [...this.#counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
  }
}
