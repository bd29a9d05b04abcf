/** `model` of a WordPiece tokenizer.json. */
export interface WordPieceOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownTokenId: number;
  readonly continuingSubwordPrefix: string;
  readonly maxInputCharsPerWord: number;
}

/** Words kept with their pieces; ordinary traffic has far fewer, and hostile traffic gains nothing. */
const MAX_CACHED_WORDS = 16_384;
const MAX_CACHED_UNITS = 64;

/** Pieces of one word: ids and, for offsets, the UTF-16 length of each. */
export interface WordPieces {
  readonly ids: readonly number[];
  readonly lengths: readonly number[];
}

/** Greedy longest-match pieces of words. */
export class WordPieceModel {
  readonly #first = new Map<string, number>();
  readonly #later = new Map<string, number>();
  readonly #options: WordPieceOptions;
  readonly #longest: number;
  readonly #cache = new Map<string, WordPieces>();

  constructor(options: WordPieceOptions) {
    this.#options = options;
    const prefix = options.continuingSubwordPrefix;
    let longest = 0;
    for (const [token, id] of options.vocabulary) {
      this.#first.set(token, id);
      if (token.startsWith(prefix)) this.#later.set(token.slice(prefix.length), id);
      if (token.length > longest) longest = token.length;
    }
    this.#longest = longest;
  }

  /** @param word without blanks; normalised */
  pieces(word: string): WordPieces {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const found = this.#split(word);
    if (word.length <= MAX_CACHED_UNITS) {
      if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
      this.#cache.set(word, found);
    }
    return found;
  }

  #split(word: string): WordPieces {
    const unknown: WordPieces = { ids: [this.#options.unknownTokenId], lengths: [word.length] };
    if (isLonger(word, this.#options.maxInputCharsPerWord)) return unknown;
    const ids: number[] = [];
    const lengths: number[] = [];
    let start = 0;
    while (start < word.length) {
      const table = start === 0 ? this.#first : this.#later;
      let end = Math.min(word.length, start + this.#longest);
      let id: number | undefined;
      for (; end > start; end--) {
        id = table.get(word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      ids.push(id);
      lengths.push(end - start);
      start = end;
    }
    return { ids, lengths };
  }
}

/** True where a word has more characters (code points) than `limit`. */
function isLonger(word: string, limit: number): boolean {
  if (word.length <= limit) return false;
  let count = 0;
  for (const _character of word) if (++count > limit) return true;
  return false;
}
