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

const wordCharacter = /[\p{L}\p{N}\p{M}_\p{Pc}]/u;
const blanksBefore = /\s+$/u;
const blanksBehind = /^\s+/u;

/** Finds added tokens in a text: the leftmost first, of those the longest. */
export class AddedTokens {
  readonly #pattern: RegExp | undefined;
  readonly #byContent = new Map<string, AddedToken>();

  constructor(tokens: readonly AddedToken[]) {
    for (const token of tokens) if (token.content !== '') this.#byContent.set(token.content, token);
    const contents = [...this.#byContent.keys()].sort((a, b) => b.length - a.length);
    // Every character is escaped, so the pattern is a list of plain texts, whatever the file holds.
    const escaped = contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    this.#pattern = escaped.length > 0 ? new RegExp(escaped.join('|'), 'g') : undefined;
  }

  get isEmpty(): boolean {
    return this.#byContent.size === 0;
  }

  /** Cuts a text into stretches without gaps. Most texts hold no added token and come back whole. */
  split(text: string): readonly Stretch[] {
    const pattern = this.#pattern;
    if (pattern === undefined) return [{ start: 0, end: text.length, id: undefined }];
    pattern.lastIndex = 0;
    const stretches: Stretch[] = [];
    let from = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = this.#byContent.get(match[0]);
      if (token === undefined || (token.singleWord && !standsAlone(text, match.index, match[0].length))) continue;
      let start = match.index;
      let end = start + match[0].length;
      if (token.lstrip) start -= blanksBefore.exec(text.slice(from, start))?.[0].length ?? 0;
      if (token.rstrip) end += blanksBehind.exec(text.slice(end))?.[0].length ?? 0;
      if (start > from) stretches.push({ start: from, end: start, id: undefined });
      stretches.push({ start, end, id: token.id });
      from = end;
      pattern.lastIndex = end;
    }
    if (from < text.length || stretches.length === 0) stretches.push({ start: from, end: text.length, id: undefined });
    return stretches;
  }
}

function standsAlone(text: string, start: number, length: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1);
  const [behind] = text.slice(start + length, start + length + 2);
  return !(before !== undefined && wordCharacter.test(before)) && !(behind !== undefined && wordCharacter.test(behind));
}
