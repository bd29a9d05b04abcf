import type { FindSpans, Span } from '../../contract/redact-pattern.ts';

/** What stands for a stretch that was taken out. */
export const REDACTED = '[redacted]';
/** Common patterns take microseconds; what takes longer than this is given up, with the text. */
const MAX_REDACTION_MS = 100;

/**
 * Takes what patterns find out of texts. Compiled once for each list of patterns, since settings change while it runs; their
 * engine is loaded with the first text, so that it costs no memory where none is captured.
 */
export class Redaction {
  #patterns: readonly string[] = [];
  #finders: readonly FindSpans[] = [];
  readonly #clock: () => number;

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * All patterns look at the text as it came, so that none hides from another what it would have found.
   * @returns undefined where there was no time to find everything: such a text must not be sent
   */
  async apply(text: string, patterns: readonly string[]): Promise<string | undefined> {
    const { compileRedactPattern } = await import('../../contract/redact-pattern.ts');
    if (patterns !== this.#patterns) {
      this.#finders = patterns.map(compileRedactPattern);
      this.#patterns = patterns;
    }
    const endAt = this.#clock() + MAX_REDACTION_MS;
    const spans: Span[] = [];
    for (const find of this.#finders) {
      const found = find(text, () => this.#clock() < endAt);
      if (found === undefined) return undefined;
      spans.push(...found);
    }
    spans.sort(([a], [b]) => a - b);
    let redacted = '';
    let at = 0;
    for (const [start, end] of merged(spans)) {
      redacted += text.slice(at, start) + REDACTED;
      at = end;
    }
    return redacted + text.slice(at);
  }
}

/** Spans that overlap or touch become one. @param spans by their start */
function merged(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const [start, end] of spans) {
    const last = apart.at(-1);
    if (last && start <= last[1]) apart[apart.length - 1] = [last[0], Math.max(last[1], end)];
    else apart.push([start, end]);
  }
  return apart;
}
