/** Pieces of one word, in order. */
export interface Pieces {
  readonly ids: readonly number[];
  /** Where each piece begins and ends in the word, in the model's measure. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** True where the word has more pieces than these. */
  readonly partial: boolean;
}

/** The model of a tokenizer: words to pieces. */
export interface WordModel {
  readonly kind: 'wordpiece' | 'bpe' | 'unigram';
  /** How many tokens the vocabulary has, which is where added tokens are numbered from. */
  readonly tokenCount: number;
  readonly highestId: number;
  readonly unknownTokenId: number | undefined;
  /**
   * What pieces are measured in: UTF-16 units of the word, or UTF-8 bytes of the word as the model reads it. With
   * `byte-characters` that is the word's bytes, each written as a character.
   */
  readonly measure: 'units' | 'bytes' | 'byte-characters';
  /** Pieces of a word; of a long one at least the first `most` and one more, so that the work is bounded. */
  pieces(word: string, most: number): Pieces;
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
}

/** Words kept with their pieces; ordinary traffic has far fewer, and hostile traffic gains nothing. */
const MAX_CACHED_WORDS = 16_384;
const MAX_CACHED_UNITS = 64;

/** A bounded memory of words and their pieces: full, it starts over. */
export class WordCache {
  readonly #words = new Map<string, Pieces>();

  get(word: string): Pieces | undefined {
    return this.#words.get(word);
  }

  set(word: string, pieces: Pieces): void {
    if (word.length > MAX_CACHED_UNITS || pieces.partial) return;
    if (this.#words.size >= MAX_CACHED_WORDS) this.#words.clear();
    this.#words.set(word, pieces);
  }
}
