import { Trie } from './trie.ts';
import { isWordCharacter } from './unicode/character-classes.ts';
import { isWhitespace } from './unicode/classes.ts';

/** An entry of `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** A stretch of text: plain where `id` is undefined, else an added token. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly id: number | undefined;
}

/** Finds added tokens in a text: the leftmost first, of those the longest. */
export class AddedTokens {
  readonly #tokens: readonly AddedToken[];
  /** Contents, with the place of their token. */
  readonly #contents: Trie;
  /** Kinds of first units: most places of most texts are passed over by it. */
  readonly #firstUnits = new Set<number>();
  readonly #firstAscii = new Uint8Array(128);

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = tokens.filter(({ content }) => content !== '');
    this.#contents = new Trie(this.#tokens.length * 8);
    for (const [place, { content }] of this.#tokens.entries()) {
      this.#contents.add(content, place);
      const unit = content.charCodeAt(0);
      this.#firstUnits.add(unit);
      if (unit < 128) this.#firstAscii[unit] = 1;
    }
  }

  /** Units of the longest. */
  get longest(): number {
    return this.#contents.longest;
  }

  /** False where a text holds none for certain. */
  mayStandIn(text: string): boolean {
    return this.#candidate(text, 0) < text.length;
  }

  /** Cuts a text into stretches without gaps. Most texts hold no added token and come back whole. */
  split(text: string): readonly Stretch[] {
    const stretches: Stretch[] = [];
    let from = 0;
    for (let at = this.#candidate(text, 0); at < text.length; at = this.#candidate(text, at)) {
      const match = this.#contents.longestAt(text, at, text.length);
      const token = this.#tokens[match.id];
      if (token === undefined) {
        at++;
        continue;
      }
      let start = at;
      let end = match.end;
      at = end;
      if (token.singleWord && !standsAlone(text, start, end)) continue;
      if (token.lstrip) while (start > from && isWhitespace(text.charCodeAt(start - 1))) start--;
      if (token.rstrip) while (end < text.length && isWhitespace(text.charCodeAt(end))) end++;
      if (from < start) stretches.push({ start: from, end: start, id: undefined });
      stretches.push({ start, end, id: token.id });
      from = end;
    }
    if (from < text.length || stretches.length === 0) stretches.push({ start: from, end: text.length, id: undefined });
    return stretches;
  }

  /** The first place from `from` on where a token could start. */
  #candidate(text: string, from: number): number {
    if (this.#tokens.length === 0) return text.length;
    let at = from;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < 128 ? this.#firstAscii[unit] === 1 : this.#firstUnits.has(unit)) break;
    }
    return at;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  const low = start > 1 && (text.charCodeAt(start - 1) & 0xfc00) === 0xdc00;
  const before = start > 0 ? text.codePointAt(low ? start - 2 : start - 1) : undefined;
  const behind = text.codePointAt(end);
  return !(before !== undefined && isWordCharacter(before)) && !(behind !== undefined && isWordCharacter(behind));
}
