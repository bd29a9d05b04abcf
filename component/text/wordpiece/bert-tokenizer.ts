import type { AddedTokens } from '../added-tokens.ts';
import type { Encoding, EncodingWithOffsets, Tokenizer } from '../tokenizer.ts';
import { isPunctuation, isWhitespace } from '../unicode/classes.ts';
import { type BertNormalizerOptions, normalizeBert, normalizeBertWithOffsets } from './bert-normalizer.ts';
import type { WordPieceModel } from './wordpiece.ts';

export interface BertTokenizerParts {
  readonly model: WordPieceModel;
  readonly normalizer: BertNormalizerOptions;
  /** Matched in the text as it stands. */
  readonly rawTokens: AddedTokens;
  /** Matched in the normalised text. */
  readonly normalizedTokens: AddedTokens;
  /** Special tokens before and behind every text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  readonly unknownTokenId: number;
  readonly vocabularySize: number;
}

/**
 * A text is looked at up to here: four thousand tokens of sixty-four characters. What stands behind is cut, and the text
 * counts as truncated; only a text of blanks or of words without end can lose a token by it that would have fit.
 */
const MAX_UNITS = 262_144;
/** Non-ASCII text is normalised in pieces of about this size, so that no more is normalised than is used. */
const PIECE_UNITS = 2048;
/** A piece without a blank is cut all the same, where no word can be that long. */
const MAX_PIECE_UNITS = 16_384;

/** What the ASCII path does at a character. */
const SKIP = 0;
const BLANK = 1;
const PUNCTUATION = 2;
const LETTER = 3;

interface Collected {
  readonly ids: number[];
  readonly offsets: number[] | undefined;
  readonly limit: number;
  overflow: boolean;
}

/** BERT's tokenizer: clean, split at blanks and punctuation, WordPiece. */
export class BertTokenizer implements Tokenizer {
  readonly kind = 'wordpiece';
  readonly vocabularySize: number;
  readonly unknownTokenId: number;
  readonly #parts: BertTokenizerParts;
  readonly #classes: Uint8Array;

  constructor(parts: BertTokenizerParts) {
    this.#parts = parts;
    this.vocabularySize = parts.vocabularySize;
    this.unknownTokenId = parts.unknownTokenId;
    this.#classes = Uint8Array.from({ length: 128 }, (_, code) => classOf(code, parts.normalizer.cleanText));
  }

  encode(text: string, maxLength: number): Encoding {
    const out = this.#collect(text, maxLength, false);
    const { prefix, suffix, unknownTokenId } = this.#parts;
    const ids = new Int32Array(prefix.length + out.ids.length + suffix.length);
    ids.set(prefix);
    ids.set(out.ids, prefix.length);
    ids.set(suffix, prefix.length + out.ids.length);
    let unknownCount = 0;
    for (const id of out.ids) if (id === unknownTokenId) unknownCount++;
    return { ids, truncated: out.overflow, unknownCount };
  }

  encodeWithOffsets(text: string, maxLength: number): EncodingWithOffsets {
    const out = this.#collect(text, maxLength, true);
    const { prefix, suffix, unknownTokenId } = this.#parts;
    const zeros = (list: readonly number[]): number[] => list.flatMap(() => [0, 0]);
    return {
      ids: Int32Array.from([...prefix, ...out.ids, ...suffix]),
      truncated: out.overflow,
      unknownCount: out.ids.filter((id) => id === unknownTokenId).length,
      offsets: Int32Array.from([...zeros(prefix), ...(out.offsets ?? []), ...zeros(suffix)]),
    };
  }

  #collect(text: string, maxLength: number, withOffsets: boolean): Collected {
    const { prefix, suffix, rawTokens } = this.#parts;
    const limit = Math.max(0, maxLength - prefix.length - suffix.length);
    const out: Collected = { ids: [], offsets: withOffsets ? [] : undefined, limit, overflow: false };
    const whole = text.length > MAX_UNITS ? text.slice(0, MAX_UNITS) : text;
    for (const { start, end, id } of rawTokens.split(whole)) {
      if (id !== undefined) push(out, id, start, end);
      else if (withOffsets) this.#plainWithOffsets(whole.slice(start, end), start, out);
      else this.#plain(start === 0 && end === whole.length ? whole : whole.slice(start, end), out);
      if (out.overflow) return out;
    }
    if (whole.length < text.length) out.overflow = true;
    return out;
  }

  #plain(text: string, out: Collected): void {
    let at = 0;
    while (at < text.length && !out.overflow) {
      const asciiEnd = this.#ascii(text, at, out);
      if (asciiEnd >= text.length || out.overflow) return;
      const end = pieceEnd(text, asciiEnd);
      this.#normalized(normalizeBert(text.slice(asciiEnd, end), this.#parts.normalizer), out);
      at = end;
    }
  }

  /**
   * Goes over ASCII words straight away. Stops at the start of the first word that holds, or touches, anything else, and
   * returns that place.
   */
  #ascii(text: string, from: number, out: Collected): number {
    const classes = this.#classes;
    const { model, normalizer, normalizedTokens } = this.#parts;
    if (!normalizedTokens.isEmpty) return from;
    let wordStart = -1;
    for (let at = from; at <= text.length; at++) {
      const code = at < text.length ? text.charCodeAt(at) : 0x20;
      const kind = code < 128 ? classes[code] : SKIP;
      if (kind === LETTER) {
        if (wordStart < 0) wordStart = at;
        continue;
      }
      // A dropped character joins its neighbours, and a mark changes the character before it: both are for the slow path.
      if (kind === SKIP) return wordStart < 0 ? at : wordStart;
      if (wordStart >= 0) {
        const word = text.slice(wordStart, at);
        for (const id of model.pieces(normalizer.lowercase ? word.toLowerCase() : word).ids) push(out, id, 0, 0);
        wordStart = -1;
      }
      if (kind === PUNCTUATION) {
        for (const id of model.pieces(text.charAt(at)).ids) push(out, id, 0, 0);
      }
      if (out.overflow) return text.length;
    }
    return text.length;
  }

  #normalized(text: string, out: Collected): void {
    for (const { start, end, id } of this.#parts.normalizedTokens.split(text)) {
      if (id !== undefined) {
        push(out, id, 0, 0);
        continue;
      }
      for (const [wordStart, wordEnd] of wordsOf(text, start, end)) {
        for (const piece of this.#parts.model.pieces(text.slice(wordStart, wordEnd)).ids) push(out, piece, 0, 0);
        if (out.overflow) return;
      }
    }
  }

  #plainWithOffsets(text: string, base: number, out: Collected): void {
    for (let at = 0; at < text.length && !out.overflow; ) {
      const pieceStop = pieceEnd(text, at);
      const {
        text: normal,
        starts,
        ends,
      } = normalizeBertWithOffsets(text.slice(at, pieceStop), this.#parts.normalizer);
      const shift = base + at;
      const place = (start: number, end: number): [number, number] => [
        shift + (starts[start] ?? 0),
        shift + (ends[end - 1] ?? 0),
      ];
      for (const { start, end, id } of this.#parts.normalizedTokens.split(normal)) {
        if (id !== undefined) {
          push(out, id, ...place(start, end));
          continue;
        }
        for (const [wordStart, wordEnd] of wordsOf(normal, start, end)) {
          const { ids, lengths } = this.#parts.model.pieces(normal.slice(wordStart, wordEnd));
          let from = wordStart;
          for (const [index, piece] of ids.entries()) {
            const to = from + (lengths[index] ?? 0);
            push(out, piece, ...place(from, to));
            from = to;
          }
        }
      }
      at = pieceStop;
    }
  }
}

function push(out: Collected, id: number, start: number, end: number): void {
  if (out.ids.length >= out.limit) {
    out.overflow = true;
    return;
  }
  out.ids.push(id);
  out.offsets?.push(start, end);
}

function classOf(code: number, cleanText: boolean): number {
  if (code === 9 || code === 10 || code === 13 || code === 0x20) return BLANK;
  if (code < 0x20 || code === 0x7f) return !cleanText && isWhitespace(code) ? BLANK : cleanText ? SKIP : LETTER;
  return isPunctuation(code) ? PUNCTUATION : LETTER;
}

/** Where the piece that starts at `from` ends: at a blank where there is one, never inside a character or a cluster. */
function pieceEnd(text: string, from: number): number {
  if (text.length - from <= PIECE_UNITS) return text.length;
  const blank = text.indexOf(' ', from + PIECE_UNITS);
  if (blank >= 0 && blank - from <= MAX_PIECE_UNITS) return blank;
  let end = Math.min(text.length, from + MAX_PIECE_UNITS);
  while (end > from + 1 && end < text.length && /[\p{M}\udc00-\udfff]/u.test(text.charAt(end))) end--;
  return end;
}

/** Words of a normalised text between two places: blanks part them, punctuation stands alone. */
function* wordsOf(text: string, from: number, to: number): Generator<readonly [number, number]> {
  let wordStart = -1;
  let at = from;
  while (at < to) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    const blank = isWhitespace(codePoint);
    if (blank || isPunctuation(codePoint)) {
      if (wordStart >= 0) yield [wordStart, at];
      wordStart = -1;
      if (!blank) yield [at, next];
    } else if (wordStart < 0) {
      wordStart = at;
    }
    at = next;
  }
  if (wordStart >= 0) yield [wordStart, to];
}
