import { isWhitespace } from './unicode/classes.ts';

/** Finds every match in a text, in order, none empty and none over another: pairs of start and end. */
export type Matcher = (text: string) => [number, number][];

/** Every place where `content`, which is not empty, stands. */
export function literalMatcher(content: string): Matcher {
  return (text) => {
    const matches: [number, number][] = [];
    for (let at = text.indexOf(content); at >= 0; at = text.indexOf(content, at + content.length)) {
      matches.push([at, at + content.length]);
    }
    return matches;
  };
}

/** Rows of at least `least` characters of a kind. */
function rowMatcher(isMember: (codePoint: number) => boolean, least: number): Matcher {
  return (text) => {
    const matches: [number, number][] = [];
    for (let at = 0; at < text.length; at++) {
      if (!isMember(text.charCodeAt(at))) continue;
      const start = at;
      while (at < text.length && isMember(text.charCodeAt(at))) at++;
      if (at - start >= least) matches.push([start, at]);
    }
    return matches;
  };
}

const isBlank = (codePoint: number): boolean => codePoint === 0x20;
const isLineOrTab = (codePoint: number): boolean => codePoint === 9 || codePoint === 10 || codePoint === 13;

/** `\s{2,}|[\n\r\t]` */
const rowsAndLineEnds: Matcher = (text) =>
  rowMatcher(isWhitespace, 1)(text).filter(([start, end]) => end - start >= 2 || isLineOrTab(text.charCodeAt(start)));

/** `[\n\r\t]` and its like: each by itself. */
function singleMatcher(isMember: (codePoint: number) => boolean): Matcher {
  return (text) => {
    const matches: [number, number][] = [];
    for (let at = 0; at < text.length; at++) if (isMember(text.charCodeAt(at))) matches.push([at, at + 1]);
    return matches;
  };
}

/**
 * The patterns that tokenizers of the supported families hold, each written by hand. No pattern of a file is ever executed:
 * another one is refused.
 */
const known: ReadonlyMap<string, Matcher> = new Map([
  [' {2,}', rowMatcher(isBlank, 2)],
  [' +', rowMatcher(isBlank, 1)],
  ['\\s+', rowMatcher(isWhitespace, 1)],
  ['\\s{2,}', rowMatcher(isWhitespace, 2)],
  ['\\s', singleMatcher(isWhitespace)],
  ['\\n', singleMatcher((codePoint) => codePoint === 10)],
  ['[\\n\\r\\t]', singleMatcher(isLineOrTab)],
  ['\\s{2,}|[\\n\\r\\t]', rowsAndLineEnds],
]);

export function knownMatcher(pattern: string): Matcher | undefined {
  return known.get(pattern);
}
