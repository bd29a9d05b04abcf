import { utf8Length } from '../unicode/utf8-length.ts';
import { highestId, tokensById } from '../vocabulary.ts';
import { type Pieces, WordCache, type WordModel } from '../word-model.ts';
import { toByteCharacters } from './byte-characters.ts';
import { type MergeTable, mergeSymbols, type Symbols } from './merge-table.ts';

/** `model` of a BPE tokenizer.json. */
export interface BpeOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: MergeTable;
  readonly unknownTokenId: number | undefined;
  readonly fuseUnknown: boolean;
  readonly byteFallback: boolean;
  readonly ignoreMerges: boolean;
  readonly continuingSubwordPrefix: string;
  readonly endOfWordSuffix: string;
  /** Words come as text and are read as bytes. */
  readonly byteLevel: boolean;
}

/** A word up to here is always read whole. */
const FIRST_WINDOW = 4096;
const WINDOW_GROWTH = 4;
/** Pieces that end this close to a window's end may depend on what is behind it. */
const WINDOW_MARGIN = 1024;

/**
 * Byte pair encoding.
 *
 * A word of more than 4096 characters is read window by window until enough pieces are found that end 1024 characters
 * before the window's end. Joins depend on their neighbours, so in theory a chain of more than a thousand could reach over
 * that margin; no vocabulary of a language has one, and the pieces in question belong to a text that is cut anyway.
 */
export class Bpe implements WordModel {
  readonly kind = 'bpe';
  readonly measure: 'bytes' | 'byte-characters';
  readonly tokenCount: number;
  readonly highestId: number;
  readonly unknownTokenId: number | undefined;
  readonly #options: BpeOptions;
  readonly #cache = new WordCache();
  #tokens: Map<number, string> | undefined;

  constructor(options: BpeOptions) {
    this.#options = options;
    this.measure = options.byteLevel ? 'byte-characters' : 'bytes';
    this.tokenCount = options.vocabulary.size;
    this.highestId = highestId(options.vocabulary.values());
    this.unknownTokenId = options.unknownTokenId;
  }

  idOf(token: string): number | undefined {
    return this.#options.vocabulary.get(token);
  }

  tokenOf(id: number): string | undefined {
    this.#tokens ??= tokensById(this.#options.vocabulary);
    return this.#tokens.get(id);
  }

  pieces(word: string, most: number): Pieces {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const found = this.#whole(word) ?? this.#window(word, most);
    this.#cache.set(word, found);
    return found;
  }

  /** The one piece that a word is by itself, where the file says that it needs no joining. */
  #whole(word: string): Pieces | undefined {
    const { ignoreMerges, byteLevel, vocabulary } = this.#options;
    if (!ignoreMerges) return undefined;
    const read = byteLevel ? toByteCharacters(word) : word;
    const id = vocabulary.get(read);
    return id === undefined ? undefined : { ids: [id], starts: [0], ends: [Buffer.byteLength(read)], partial: false };
  }

  #window(word: string, most: number): Pieces {
    for (let size = FIRST_WINDOW; ; size *= WINDOW_GROWTH) {
      if (size >= word.length) return toPieces(this.#merged(word), Number.POSITIVE_INFINITY, false);
      const end = (word.charCodeAt(size) & 0xfc00) === 0xdc00 ? size - 1 : size;
      const merged = this.#merged(word.slice(0, end));
      const margin = word.slice(end - WINDOW_MARGIN, end);
      const read = merged.sizes.reduce((sum, bytes) => sum + bytes, 0);
      const settled = read - Buffer.byteLength(this.#options.byteLevel ? toByteCharacters(margin) : margin);
      const pieces = toPieces(merged, settled, true);
      if (pieces.ids.length > most) return pieces;
    }
  }

  #merged(word: string): Symbols {
    const read = this.#options.byteLevel ? toByteCharacters(word) : word;
    return mergeSymbols(this.#symbolsOf(read), this.#options.merges);
  }

  #symbolsOf(word: string): Symbols {
    const { vocabulary, continuingSubwordPrefix, endOfWordSuffix, unknownTokenId, fuseUnknown } = this.#options;
    const ids: number[] = [];
    const sizes: number[] = [];
    let unknownBytes = 0;
    const flush = (): void => {
      if (unknownBytes === 0 || unknownTokenId === undefined) return;
      ids.push(unknownTokenId);
      sizes.push(unknownBytes);
      unknownBytes = 0;
    };
    let at = 0;
    for (const character of word) {
      const bytes = utf8Length(character.codePointAt(0) ?? 0);
      const prefix = at === 0 ? '' : continuingSubwordPrefix;
      at += character.length;
      const symbol = prefix + character + (at === word.length ? endOfWordSuffix : '');
      const id = vocabulary.get(symbol);
      if (id !== undefined) {
        flush();
        ids.push(id);
        sizes.push(bytes);
        continue;
      }
      const fallback = this.#options.byteFallback ? byteTokens(symbol, vocabulary) : undefined;
      if (fallback !== undefined) {
        // The reference leaves a pending unknown token pending here.
        for (const byteId of fallback) {
          ids.push(byteId);
          sizes.push(1);
        }
      } else {
        if (!fuseUnknown) flush();
        unknownBytes += unknownTokenId === undefined ? 0 : bytes;
      }
    }
    flush();
    return { ids, sizes };
  }
}

/** Tokens `<0x41>` of a text's bytes; undefined where one is missing. */
export function byteTokens(text: string, vocabulary: { get(token: string): number | undefined }): number[] | undefined {
  const ids: number[] = [];
  for (const byte of Buffer.from(text)) {
    const id = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

function toPieces({ ids, sizes }: Symbols, settled: number, partial: boolean): Pieces {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at + size > settled) break;
    starts.push(at);
    at += size;
    ends.push(at);
  }
  return { ids: starts.length === ids.length ? ids : ids.slice(0, starts.length), starts, ends, partial };
}
