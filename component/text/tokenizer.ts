/** What a tokenizer makes of one text. */
export interface Encoding {
  /** Token ids with the special tokens, at most `maxLength` of them. */
  readonly ids: Int32Array;
  /** True when the text had more tokens than `maxLength` leaves room for. */
  readonly truncated: boolean;
  /** How many of `ids` are the unknown token. */
  readonly unknownCount: number;
}

/** An encoding that also knows where each token stands in the text. */
export interface EncodingWithOffsets extends Encoding {
  /** Start and end of token i in UTF-16 units of the original text at [2i] and [2i+1]; a special token has 0, 0. */
  readonly offsets: Int32Array;
}

/**
 * Text to token ids, exactly as the reference (`tokenizers`) computes them with truncation on the right to `maxLength`.
 * The truncation and padding stored in a tokenizer.json are ignored, as the reference's callers override them.
 */
export interface Tokenizer {
  readonly kind: 'wordpiece' | 'bpe' | 'unigram';
  /** Ids are below this number. */
  readonly vocabularySize: number;
  /** Undefined where the vocabulary has none, as in byte-level BPE. */
  readonly unknownTokenId: number | undefined;
  encode(text: string, maxLength: number): Encoding;
  encodeWithOffsets(text: string, maxLength: number): EncodingWithOffsets;
}
