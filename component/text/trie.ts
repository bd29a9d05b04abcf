import { PairMap } from './pair-map.ts';

const NONE = -1;

/** Texts and their ids, found by walking unit by unit from the root. */
export class Trie {
  static readonly root = 0;
  readonly #children: PairMap;
  readonly #ids: number[] = [NONE];
  #longest = 0;

  /** @param expectedUnits how long all texts are together, roughly */
  constructor(expectedUnits: number) {
    this.#children = new PairMap(expectedUnits);
  }

  /** Units of the longest text. */
  get longest(): number {
    return this.#longest;
  }

  /** The later of two equal texts counts. */
  add(text: string, id: number): void {
    let node = Trie.root;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      let child = this.#children.get(node, unit);
      if (child === NONE) {
        child = this.#ids.push(NONE) - 1;
        this.#children.set(node, unit, child);
      }
      node = child;
    }
    this.#ids[node] = id;
    if (text.length > this.#longest) this.#longest = text.length;
  }

  /** The node behind `node` along a unit, or −1. */
  next(node: number, unit: number): number {
    return this.#children.get(node, unit);
  }

  /** Id of the text that ends at a node, or −1. */
  idAt(node: number): number {
    return this.#ids[node] ?? NONE;
  }

  /** Id of the longest text that stands at `from` and ends by `to`, with its end; −1 and `from` where there is none. */
  longestAt(text: string, from: number, to: number): { readonly id: number; readonly end: number } {
    let id = NONE;
    let end = from;
    let node = Trie.root;
    for (let at = from; at < to; at++) {
      node = this.next(node, text.charCodeAt(at));
      if (node === NONE) break;
      const found = this.idAt(node);
      if (found !== NONE) {
        id = found;
        end = at + 1;
      }
    }
    return { id, end };
  }

  idOf(text: string): number | undefined {
    let node = Trie.root;
    for (let at = 0; at < text.length; at++) {
      node = this.next(node, text.charCodeAt(at));
      if (node === NONE) return undefined;
    }
    const id = this.idAt(node);
    return id === NONE ? undefined : id;
  }
}
