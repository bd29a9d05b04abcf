import { highestId, tokensById } from '../vocabulary.ts';
import { type Pieces, WordCache, type WordModel } from '../word-model.ts';

/** `model` of a WordPiece tokenizer.json. */
export interface WordPieceOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownTokenId: number;
  readonly continuingSubwordPrefix: string;
  readonly maxInputCharsPerWord: number;
}

/** Greedy longest-match pieces of words. */
export class WordPiece implements WordModel {
  readonly kind = 'wordpiece';
  readonly measure = 'units';
  readonly tokenCount: number;
  readonly highestId: number;
  readonly unknownTokenId: number;
  /** Tokens that continue a word, without their prefix. */
  readonly #later = new Map<string, number>();
  readonly #options: WordPieceOptions;
  readonly #longest: number;
  readonly #cache = new WordCache();
  #tokens: Map<number, string> | undefined;

  constructor(options: WordPieceOptions) {
    this.#options = options;
    this.tokenCount = options.vocabulary.size;
    this.highestId = highestId(options.vocabulary.values());
    this.unknownTokenId = options.unknownTokenId;
    const prefix = options.continuingSubwordPrefix;
    let longest = 0;
    for (const [token, id] of options.vocabulary) {
      if (token.startsWith(prefix)) this.#later.set(token.slice(prefix.length), id);
      if (token.length > longest) longest = token.length;
    }
    this.#longest = longest;
  }

  idOf(token: string): number | undefined {
    return this.#options.vocabulary.get(token);
  }

  tokenOf(id: number): string | undefined {
    this.#tokens ??= tokensById(this.#options.vocabulary);
    return this.#tokens.get(id);
  }

  pieces(word: string): Pieces {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const found = this.#split(word);
    this.#cache.set(word, found);
    return found;
  }

  #split(word: string): Pieces {
    const unknown: Pieces = { ids: [this.unknownTokenId], starts: [0], ends: [word.length], partial: false };
    if (isLonger(word, this.#options.maxInputCharsPerWord)) return unknown;
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (let start = 0; start < word.length; ) {
      const table = start === 0 ? this.#options.vocabulary : this.#later;
      let end = Math.min(word.length, start + this.#longest);
      let id: number | undefined;
      for (; end > start; end--) {
        id = table.get(word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      ids.push(id);
      starts.push(start);
      ends.push(end);
      start = end;
    }
    return { ids, starts, ends, partial: false };
  }
}

/** True where a word has more characters (code points) than `limit`. */
function isLonger(word: string, limit: number): boolean {
  if (word.length <= limit) return false;
  let count = 0;
  for (const _character of word) if (++count > limit) return true;
  return false;
}
