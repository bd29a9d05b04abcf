import { RE2JS } from 're2js';

/** Size of a pattern's automaton; text times this is what one search may take: 0.2 s for 8,192 characters at worst. */
export const MAX_PATTERN_STEPS = 200;
/** All patterns together as JSON: nucleus lite takes no larger value (fact L4). */
export const MAX_PATTERNS_BYTES = 1024;

/** Stretches of a text: UTF-16 units from the first up to, not including, the second. */
export type Span = readonly [start: number, end: number];
/** Where a pattern is found in a text; undefined where there was no time to find all. @param inTime asked between searches */
export type FindSpans = (text: string, inTime: () => boolean) => Span[] | undefined;

/**
 * A redaction pattern in RE2's syntax, which searches in time linear in the text whatever the pattern: no settings can
 * hang a device (docs/decisions/2026-11-24-capture.md). No back references and no look-around, therefore.
 * @throws Error whose message says what is wrong with it
 */
export function compileRedactPattern(pattern: string): FindSpans {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new Error(`not a pattern in RE2's syntax (${error instanceof Error ? error.message : String(error)})`);
  }
  const steps = compiled.programSize();
  if (steps > MAX_PATTERN_STEPS) throw new Error(`takes ${steps} steps, over ${MAX_PATTERN_STEPS}: repeat less`);
  if (compiled.matcher('').find())
    throw new Error('is found in an empty text, so it would redact nothing in particular');
  return (text, inTime) => {
    const spans: Span[] = [];
    const matcher = compiled.matcher(text);
    while (matcher.find()) {
      if (!inTime()) return undefined; // each search is linear, and there may be as many as characters
      if (matcher.end() > matcher.start()) spans.push([matcher.start(), matcher.end()]);
    }
    return spans;
  };
}

/** Why the patterns can't be taken, with the place of the one that is wrong; undefined where they can. */
export function objectionToPatterns(patterns: readonly string[]): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(patterns));
  if (bytes > MAX_PATTERNS_BYTES) return `captureRedact: ${bytes} bytes of JSON, over ${MAX_PATTERNS_BYTES} (fact L4)`;
  for (const [index, pattern] of patterns.entries()) {
    try {
      compileRedactPattern(pattern);
    } catch (error) {
      return `captureRedact.${index}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}
