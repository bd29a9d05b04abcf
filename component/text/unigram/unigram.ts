import { byteTokens } from '../bpe/bpe.ts';
import { Trie } from '../trie.ts';
import { type Pieces, WordCache, type WordModel } from '../word-model.ts';

/** `model` of a Unigram tokenizer.json. */
export interface UnigramOptions {
  /** Tokens and their log probabilities; a token's id is its place. */
  readonly tokens: readonly string[];
  readonly scores: Float64Array;
  readonly unknownTokenId: number;
  readonly byteFallback: boolean;
}

/** How much worse an unknown character is than the worst token. */
const UNKNOWN_PENALTY = 10;
/** A word up to here is always read to its end. */
const FIRST_CHECK = 1024;
const NONE = -1;

/** The best way to every place of a word so far: where the last piece began, and its id. */
interface Paths {
  readonly scores: Float64Array;
  readonly origins: Int32Array;
  readonly ids: Int32Array;
}

/**
 * The most probable pieces of a word (Viterbi).
 *
 * A long word is read until the best ways to all places from which it can go on share a beginning of more than the wanted
 * pieces: whatever follows, these are the first pieces, so a word without end costs no more than its first ones.
 */
export class Unigram implements WordModel {
  readonly kind = 'unigram';
  readonly measure = 'units';
  readonly tokenCount: number;
  readonly highestId: number;
  readonly unknownTokenId: number;
  readonly #options: UnigramOptions;
  readonly #trie: Trie;
  readonly #unknownScore: number;
  readonly #cache = new WordCache();

  constructor(options: UnigramOptions) {
    this.#options = options;
    this.tokenCount = options.tokens.length;
    this.highestId = options.tokens.length - 1;
    this.unknownTokenId = options.unknownTokenId;
    this.#trie = new Trie(options.tokens.length * 3);
    for (const [id, token] of options.tokens.entries()) this.#trie.add(token, id);
    this.#unknownScore = options.scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  }

  idOf(token: string): number | undefined {
    return this.#trie.idOf(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#options.tokens[id];
  }

  pieces(word: string, most: number): Pieces {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const found = this.#search(word, most);
    this.#cache.set(word, found);
    return found;
  }

  #search(word: string, most: number): Pieces {
    const places = word.length + 1;
    const paths: Paths = {
      scores: new Float64Array(places),
      origins: new Int32Array(places).fill(NONE),
      ids: new Int32Array(places),
    };
    let check = FIRST_CHECK;
    for (let start = 0; start < word.length; ) {
      if (start >= check) {
        const pieces = this.#piecesUpTo(commonPlace(paths.origins, start, this.#trie.longest), word, paths, true);
        if (pieces.ids.length > most) return pieces;
        check = start * 2;
      }
      start += this.#extend(word, start, paths);
    }
    return this.#piecesUpTo(word.length, word, paths, false);
  }

  /** Tries every token that stands at `start`. Returns the units of the character there. */
  #extend(word: string, start: number, { scores, origins, ids }: Paths): number {
    const width = (word.charCodeAt(start) & 0xfc00) === 0xd800 ? 2 : 1;
    const soFar = scores[start] ?? 0;
    const offer = (end: number, id: number, score: number): void => {
      if (origins[end] !== NONE && score <= (scores[end] ?? 0)) return;
      scores[end] = score;
      origins[end] = start;
      ids[end] = id;
    };
    let hasSingle = false;
    let node = Trie.root;
    for (let at = start; at < word.length; ) {
      node = this.#trie.next(node, word.charCodeAt(at));
      if (node === NONE) break;
      at++;
      const id = this.#trie.idAt(node);
      if (id === NONE) continue;
      if (at - start === width) hasSingle = true;
      offer(at, id, (this.#options.scores[id] ?? 0) + soFar);
    }
    if (!hasSingle) offer(start + width, this.unknownTokenId, this.#unknownScore + soFar);
    return width;
  }

  /** The best way to `end`, neighbouring unknown pieces made one. Of a partial one the last is left out: it may grow. */
  #piecesUpTo(end: number, word: string, { origins, ids: lastIds }: Paths, partial: boolean): Pieces {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (let at = end; at > 0; ) {
      const id = lastIds[at] ?? 0;
      const start = origins[at] ?? 0;
      if (id === this.unknownTokenId && ids.at(-1) === id) {
        starts[starts.length - 1] = start;
      } else {
        ids.push(id);
        starts.push(start);
        ends.push(at);
      }
      at = start;
    }
    ids.reverse();
    starts.reverse();
    ends.reverse();
    if (partial) for (const list of [ids, starts, ends]) list.pop();
    return this.#spelled({ ids, starts, ends, partial }, word);
  }

  /** Unknown pieces as the vocabulary has them after all, or as bytes. */
  #spelled(pieces: Pieces, word: string): Pieces {
    if (!pieces.ids.includes(this.unknownTokenId)) return pieces;
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (const [index, id] of pieces.ids.entries()) {
      const [start = 0, end = 0] = [pieces.starts[index], pieces.ends[index]];
      for (const spelledId of id === this.unknownTokenId ? this.#spell(word.slice(start, end)) : [id]) {
        ids.push(spelledId);
        starts.push(start);
        ends.push(end);
      }
    }
    return { ids, starts, ends, partial: pieces.partial };
  }

  #spell(piece: string): readonly number[] {
    const known = this.#trie.idOf(piece);
    if (known !== undefined) return [known];
    const vocabulary = { get: (token: string) => this.#trie.idOf(token) };
    const bytes = this.#options.byteFallback ? byteTokens(piece, vocabulary) : undefined;
    return bytes ?? [this.unknownTokenId];
  }
}

/** The last place that the best ways to all places within `reach` before `place` have in common. */
function commonPlace(origins: Int32Array, place: number, reach: number): number {
  const open = new Set<number>();
  for (let at = Math.max(0, place - reach); at <= place; at++) if (at === 0 || origins[at] !== NONE) open.add(at);
  for (let at = place; at > 0; at--) {
    if (!open.has(at)) continue;
    if (open.size === 1) return at;
    open.delete(at);
    open.add(origins[at] ?? 0);
  }
  return 0;
}
