import type { ModelReference } from '../../../component/contract/parts.ts';
import { type Baseline, type VersionView, versionId } from '../wire/frame.ts';
import type { Revision } from './revision.ts';
import { Version } from './version.ts';

/** Versions remembered at once; the one unheard of for longest makes room. */
const MAX_VERSIONS = 64;

/** Every version of every model that answers somewhere, within a bound. */
export class Versions {
  readonly #revision: Revision;
  readonly #versions = new Map<string, Version>();
  readonly #baselines: ReadonlyMap<string, Baseline>;
  forgotten = 0;

  /** @param baselines by digest of the manifest */
  constructor(revision: Revision, baselines: ReadonlyMap<string, Baseline>) {
    this.#revision = revision;
    this.#baselines = baselines;
  }

  /** The version, made where it is new. */
  of(reference: ModelReference, nowMs: number): Version {
    const id = versionId(reference);
    let version = this.#versions.get(id);
    if (version === undefined) {
      version = new Version(reference, nowMs, this.#revision.next());
      version.baseline = this.#baselines.get(reference.digest);
      if (this.#versions.size >= MAX_VERSIONS) this.#forgetOldest();
    } else this.#versions.delete(id); // the last entry is the one heard of most recently
    this.#versions.set(id, version);
    return version;
  }

  all(): Iterable<Version> {
    return this.#versions.values();
  }

  changedSince(revision: number, nowMs: number): VersionView[] {
    return [...this.#versions.values()]
      .filter((version) => version.revision > revision)
      .map((version) => version.view(nowMs));
  }

  #forgetOldest(): void {
    const [oldest] = this.#versions.keys();
    if (oldest !== undefined) this.#versions.delete(oldest);
    this.forgotten++;
  }
}
