/** Buckets of equal time, the newest ones alone: what is older than the ring is long is passed over. */
export class Ring<Bucket> {
  readonly stepMs: number;
  readonly #steps: number;
  readonly #make: () => Bucket;
  /** By number of the step since 1970, ascending as they were made, but for late ones. */
  readonly #buckets = new Map<number, { readonly bucket: Bucket; revision: number }>();

  constructor(stepMs: number, steps: number, make: () => Bucket) {
    this.stepMs = stepMs;
    this.#steps = steps;
    this.#make = make;
  }

  /** The bucket of a moment, to be changed under this revision; undefined where the ring doesn't reach back to it. */
  at(atMs: number, nowMs: number, revision: number): Bucket | undefined {
    const step = Math.floor(atMs / this.stepMs);
    const oldest = Math.floor(nowMs / this.stepMs) - this.#steps;
    if (!(step > oldest)) return undefined;
    let entry = this.#buckets.get(step);
    if (entry === undefined) {
      for (const known of this.#buckets.keys()) if (known <= oldest) this.#buckets.delete(known);
      entry = { bucket: this.#make(), revision };
      this.#buckets.set(step, entry);
    }
    entry.revision = revision;
    return entry.bucket;
  }

  /** Start and bucket of those that changed after the revision and are still in the ring, the oldest first. */
  changedSince(revision: number, nowMs: number): [number, Bucket][] {
    const oldest = Math.floor(nowMs / this.stepMs) - this.#steps;
    return [...this.#buckets]
      .filter(([step, entry]) => entry.revision > revision && step > oldest)
      .sort(([a], [b]) => a - b)
      .map(([step, { bucket }]) => [step * this.stepMs, bucket]);
  }

  all(nowMs: number): [number, Bucket][] {
    return this.changedSince(-1, nowMs);
  }
}
