import type { Trim } from './post-processor.ts';
import { isWhitespace } from './unicode/classes.ts';

/** How byte-level BPE writes a space. */
const WRITTEN_SPACE = 'Ġ';

/** Takes the blanks of tokens off their offsets, as the reference's `process_offsets` does. */
export function trimOffsets(
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
    const trimmed = Math.min(start + leading, end);
    starts[index] = trimmed;
    if (trailing > 0 && end >= trailing) ends[index] = Math.max(end - trailing, trimmed);
  }
}

function isBlank(token: string, at: number): boolean {
  return token.charAt(at) === WRITTEN_SPACE || isWhitespace(token.charCodeAt(at));
}
