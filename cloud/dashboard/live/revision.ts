/**
 * Counts every change. Whoever knows the state of one revision is brought to the next by what changed in between, however
 * long that was: no log of changes is kept, so memory doesn't grow with the pages that were left behind.
 */
export class Revision {
  #current = 0;

  get current(): number {
    return this.#current;
  }

  next(): number {
    return ++this.#current;
  }
}
