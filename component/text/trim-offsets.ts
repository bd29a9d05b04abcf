import type { Trim } from './post-processor.ts';
import { isWhitespace } from './unicode/classes.ts';

/** How byte-level BPE writes a space. */
const WRITTEN_SPACE = 'Ġ';

/**
 * Takes the blanks of tokens off their offsets, as the reference's `process_offsets` does. It counts characters of the
 * source, also where the blank before the first token came from none.
 */
export function trimOffsets(
  source: string,
  tokens: readonly string[],
  starts: number[],
  ends: number[],
  { addPrefixSpace, behindPrefix }: Trim,
): void {
  for (const [index, token] of tokens.entries()) {
    let leading = 0;
    while (leading < token.length && isBlank(token, leading)) leading++;
    let trailing = 0;
    while (trailing < token.length && isBlank(token, token.length - 1 - trailing)) trailing++;
    const [start = 0, end = 0] = [starts[index], ends[index]];
    const isFirst = (index === 0 && !behindPrefix) || start === 0;
    if (isFirst && addPrefixSpace && leading === 1) leading = 0;
    const trimmed = Math.min(forward(source, start, leading), end);
    starts[index] = trimmed;
    if (trailing > 0) ends[index] = Math.max(back(source, end, trailing) ?? end, trimmed);
  }
}

function isBlank(token: string, at: number): boolean {
  return token.charAt(at) === WRITTEN_SPACE || isWhitespace(token.charCodeAt(at));
}

function forward(source: string, from: number, characters: number): number {
  let at = from;
  for (let left = characters; left > 0; left--) at += (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

/** Undefined where the source has not as many characters before. */
function back(source: string, from: number, characters: number): number | undefined {
  let at = from;
  for (let left = characters; left > 0; left--) {
    if (at === 0) return undefined;
    at -= at > 1 && (source.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
