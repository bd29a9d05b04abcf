import type { AddedTokens } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import type { Normalizer } from './normalizers/normalizer.ts';
import { pieceBounds } from './piece-bounds.ts';
import type { PostProcessing } from './post-processor.ts';
import type { PreTokenizerPlan } from './pre-tokenizers/read-pre-tokenizer.ts';
import type { PreTokenizer } from './pre-tokenizers/split.ts';
import type { Encoding, EncodingWithOffsets, Tokenizer } from './tokenizer.ts';
import { trimOffsets } from './trim-offsets.ts';
import { type Pieces, WordCache, type WordModel } from './word-model.ts';

/** Goes over the beginning of a plain text a quicker way, adding to `ids`; returns where it stopped. */
export type Shortcut = (text: string, ids: number[], limit: number) => number;

export interface TextTokenizerParts {
  readonly model: WordModel;
  readonly normalizer: Normalizer | undefined;
  readonly preTokenizer: PreTokenizerPlan;
  /** Matched in the text as it stands. */
  readonly rawTokens: AddedTokens;
  /** Matched in the normalised text. */
  readonly normalizedTokens: AddedTokens;
  readonly post: PostProcessing;
  readonly vocabularySize: number;
  /** Only where offsets are not asked for. */
  readonly shortcut: Shortcut | undefined;
}

/** No more of a text is ever looked at than this and so much for every token wanted. */
const MAX_UNITS = 65_536;
const MAX_UNITS_PER_TOKEN = 64;
/** What is looked at first: more than the wanted tokens have in any language. */
const FIRST_UNITS = 4096;
const UNITS_PER_TOKEN = 16;
const GROWTH = 4;
/** What stands this close to where a text was cut may come out otherwise when more of the text is seen. */
const CUT_MARGIN = 256;

const none: Pieces = { ids: [], starts: [], ends: [], partial: false };
const halfCharacter = /\p{Surrogate}/u;
const halfCharacters = /\p{Surrogate}/gu;

/** Tokens so far: one more than wanted is enough to know that the text has more. */
interface Collected {
  readonly ids: number[];
  readonly starts: number[];
  readonly ends: number[];
  /** Tokens as written, for trimming. */
  readonly tokens: string[];
  readonly limit: number;
  readonly tracked: boolean;
}

/**
 * The stages of the reference in its order: added tokens out, normalise, added tokens out again, words, pieces, truncation,
 * special tokens.
 *
 * A text is looked at from its head on. The tokens of a head count where enough of them end well before its end (a run of
 * blanks counts as an end); else four times as much is looked at, up to 65,536 characters and 64 for every token wanted.
 * What stands behind is cut and the text counts as truncated. So the ids are the reference's but for a text that has fewer
 * tokens than wanted in so many characters (blanks or endless words), and one whose characters change by what stands more
 * than 256 characters behind them (a row of hundreds of combining marks).
 */
export class TextTokenizer implements Tokenizer {
  readonly kind: Tokenizer['kind'];
  readonly vocabularySize: number;
  readonly unknownTokenId: number | undefined;
  readonly #parts: TextTokenizerParts;
  readonly #margin: number;
  /** What words of the first step come to, where there are more steps. */
  readonly #words = new WordCache();

  constructor(parts: TextTokenizerParts) {
    this.#parts = parts;
    this.kind = parts.model.kind;
    this.vocabularySize = parts.vocabularySize;
    this.unknownTokenId = parts.model.unknownTokenId;
    this.#margin = CUT_MARGIN + Math.max(parts.rawTokens.longest, parts.normalizedTokens.longest);
  }

  encode(text: string, maxLength: number): Encoding {
    return this.#encodePlain(text, maxLength) ?? this.#framed(this.#collect(text, maxLength, false));
  }

  /**
   * The same for a short text that the shortcut takes whole. Between two runs of a model this code is found in no cache,
   * so that the time goes by how much of it is walked through: the stages cost 15 µs then, which take 3 in a loop.
   */
  #encodePlain(text: string, maxLength: number): Encoding | undefined {
    const { shortcut, rawTokens, preTokenizer, post } = this.#parts;
    if (shortcut === undefined || preTokenizer.needsOrigin) return undefined;
    if (text.length > FIRST_UNITS || rawTokens.mayStandIn(text)) return undefined;
    const limit = Math.max(0, maxLength - post.prefix.length - post.suffix.length);
    const ids: number[] = [];
    if (shortcut(text, ids, limit) < text.length) return undefined;
    return this.#framed({ ids, limit, cut: false });
  }

  encodeWithOffsets(text: string, maxLength: number): EncodingWithOffsets {
    const out = this.#collect(text, maxLength, true);
    const { prefix, trims } = this.#parts.post;
    for (const list of [out.starts, out.ends, out.tokens]) list.length = Math.min(list.length, out.limit);
    for (const trim of trims) trimOffsets(text, out.tokens, out.starts, out.ends, trim);
    const encoding = this.#framed(out);
    const offsets = new Int32Array(encoding.ids.length * 2);
    for (const [index, start] of out.starts.entries()) {
      offsets[2 * (prefix.length + index)] = start;
      offsets[2 * (prefix.length + index) + 1] = out.ends[index] ?? 0;
    }
    return { ...encoding, offsets };
  }

  #framed({ ids, limit, cut }: Pick<Collected, 'ids' | 'limit'> & { readonly cut: boolean }): Encoding {
    const { prefix, suffix } = this.#parts.post;
    const count = Math.min(ids.length, limit);
    const framed = new Int32Array(prefix.length + count + suffix.length);
    framed.set(prefix);
    let unknownCount = 0;
    for (let index = 0; index < count; index++) {
      const id = ids[index] ?? 0;
      framed[prefix.length + index] = id;
      if (id === this.unknownTokenId) unknownCount++;
    }
    framed.set(suffix, prefix.length + count);
    return { ids: framed, truncated: cut || ids.length > limit, unknownCount };
  }

  #collect(text: string, maxLength: number, wanted: boolean): Collected & { readonly cut: boolean } {
    const { prefix, suffix } = this.#parts.post;
    const limit = Math.max(0, maxLength - prefix.length - suffix.length);
    const most = MAX_UNITS + limit * MAX_UNITS_PER_TOKEN;
    const tracked = wanted || this.#parts.preTokenizer.needsOrigin;
    for (let units = FIRST_UNITS + limit * UNITS_PER_TOKEN; ; units *= GROWTH) {
      const last = units >= most;
      const head = headOf(text, Math.min(units, most));
      const out = { ids: [], starts: [], ends: [], tokens: [], limit, tracked };
      const unread = this.#tokenize(head, out);
      const cut = head.length < text.length;
      if (!cut || last || unread >= this.#margin) return { ...out, cut };
    }
  }

  /** Adds the tokens of a text, one more than wanted at most. Returns about how much of the text was left unread. */
  #tokenize(text: string, out: Collected): number {
    for (const { start, end, id } of this.#parts.rawTokens.split(text)) {
      let unread = 0;
      if (id === undefined) unread = this.#addPlain(text.slice(start, end), start, out);
      else add(out, id, start, end, text.slice(start, end));
      if (out.ids.length > out.limit) return unread + text.length - end;
    }
    return 0;
  }

  #addPlain(whole: string, base: number, out: Collected): number {
    const { shortcut, normalizer, normalizedTokens } = this.#parts;
    const skipped = shortcut === undefined || out.tracked ? 0 : shortcut(whole, out.ids, out.limit);
    if (skipped === whole.length || out.ids.length > out.limit) return whole.length - skipped;
    const text = AlignedText.of(skipped === 0 ? whole : whole.slice(skipped), base + skipped, out.tracked);
    normalizer?.(text);
    const length = text.text.length;
    for (const { start, end, id } of normalizedTokens.split(text.text)) {
      if (start === end) continue;
      const stretch = text.slice(start, end);
      let unread = 0;
      if (id === undefined) unread = this.#addWords(stretch, out);
      else addStretch(out, id, stretch);
      if (out.ids.length > out.limit) return unread + length - end;
    }
    return 0;
  }

  #addWords(text: AlignedText, out: Collected): number {
    const [first, ...rest] = this.#parts.preTokenizer.steps;
    const words = first === undefined ? [text] : first(text);
    for (const [index, word] of words.entries()) {
      const partial = out.tracked ? this.#addTracked(word, rest, out) : this.#addRemembered(word, rest, out);
      if (out.ids.length <= out.limit) continue;
      let unread = partial ? this.#margin : 0;
      for (let later = index + 1; later < words.length && unread < this.#margin; later++) {
        unread += words[later]?.text.length ?? 0;
      }
      return unread;
    }
    return 0;
  }

  /** Adds the pieces of a word of the first step; true where it has more. */
  #addRemembered(word: AlignedText, rest: readonly PreTokenizer[], out: Collected): boolean {
    if (rest.length === 0) return this.#addIds(word.text, out);
    const text = word.text;
    const known = this.#words.get(text);
    if (known !== undefined) {
      for (const id of known.ids) out.ids.push(id);
      return false;
    }
    const before = out.ids.length;
    const partial = stepsOver(word, rest).some((part) => this.#addIds(part.text, out));
    if (out.ids.length <= out.limit) this.#words.set(text, { ...none, ids: out.ids.slice(before) });
    return partial;
  }

  #addIds(word: string, out: Collected): boolean {
    const { ids, partial } = this.#parts.model.pieces(word, out.limit - out.ids.length);
    for (const id of ids) out.ids.push(id);
    return partial;
  }

  #addTracked(word: AlignedText, rest: readonly PreTokenizer[], out: Collected): boolean {
    const { model, post } = this.#parts;
    return stepsOver(word, rest).some((part) => {
      const pieces = model.pieces(part.text, out.limit - out.ids.length);
      const bounds = pieceBounds(part, pieces, model.measure);
      for (const [index, id] of pieces.ids.entries()) {
        const [start = 0, end = 0] = [bounds.starts[index], bounds.ends[index]];
        add(out, id, start, end, post.trims.length > 0 ? (model.tokenOf(id) ?? '') : '');
      }
      return pieces.partial;
    });
  }
}

function stepsOver(word: AlignedText, steps: readonly PreTokenizer[]): readonly AlignedText[] {
  let words: readonly AlignedText[] = [word];
  for (const step of steps) words = words.flatMap((part) => (part.text === '' ? [] : step(part)));
  return words;
}

function addStretch(out: Collected, id: number, stretch: AlignedText): void {
  if (!out.tracked) out.ids.push(id);
  else add(out, id, stretch.startOf(0), stretch.endOf(stretch.text.length - 1), stretch.text);
}

function add(out: Collected, id: number, start: number, end: number, token: string): void {
  out.ids.push(id);
  if (!out.tracked) return;
  out.starts.push(start);
  out.ends.push(end);
  out.tokens.push(token);
}

/** The first `units` of a text, whole characters only; a run of blanks at the end is left for later. */
function headOf(text: string, units: number): string {
  if (text.length <= units) return wellFormed(text);
  const end = (text.charCodeAt(units) & 0xfc00) === 0xdc00 ? units - 1 : units;
  const head = wellFormed(text.slice(0, end));
  const trimmed = head.trimEnd();
  return trimmed === '' ? head : trimmed;
}

/** Half a character is read as U+FFFD: the reference, which knows UTF-8 alone, never meets one. */
function wellFormed(text: string): string {
  return halfCharacter.test(text) ? text.replace(halfCharacters, '\ufffd') : text;
}
