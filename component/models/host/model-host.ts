import { asVergeError } from '../../contract/as-verge-error.ts';
import type { VergeError } from '../../contract/error.ts';
import type { Offer, Verdict } from '../../contract/hand-over.ts';
import type { ModelReference } from '../../contract/parts.ts';
import { bundleErrors } from '../errors.ts';
import type { LoadedModel } from '../load-model.ts';
import { type Bundle, readManifestOf } from '../open-bundle.ts';
import type { Shelf } from '../shelf/shelf.ts';
import { checkFit, estimateMemory } from './device-fit.ts';
import { modelErrors } from './errors.ts';
import { Serial } from './serial.ts';
import { checkOrder } from './version-order.ts';

/** Told what happens to models; events and the log are made of it. */
export interface ModelObserver {
  loaded(model: ModelReference, before: ModelReference | undefined, role?: 'challenger'): void;
  refused(model: Partial<ModelReference>, error: VergeError): void;
  unloaded(model: ModelReference, reason: string): void;
}

export interface ModelHostOptions {
  /** Undefined: bundles are only mounted, none is handed over. */
  readonly shelf: Shelf | undefined;
  /** Loads a bundle and lets it answer its golden samples. @throws VergeError */
  readonly load: (folder: string) => Promise<LoadedModel>;
  /** Who made it. @throws VergeError SIGNATURE_… */
  readonly verify: (bundle: Bundle) => Promise<void>;
  readonly runtimeVersion: string;
  readonly memoryBudgetBytes: number;
  /** Of models that are not this host's and share the budget. */
  readonly memoryTakenElsewhere: () => number;
  readonly freeBytes: () => number;
  /** How long a model stays whose component has gone; 0 for ever. */
  readonly releaseMs: number;
  readonly observe: ModelObserver;
}

export type Accepted = Extract<Verdict, { accepted: true }>;

/**
 * The models that serve, by name. A new version is checked, copied, loaded beside the old one and proven before it takes
 * its place between two requests; whatever goes wrong, the old one goes on.
 */
export class ModelHost {
  readonly #options: ModelHostOptions;
  readonly #serving = new Map<string, LoadedModel>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  /** Names that were offered in this life: one may be released before it serves. */
  readonly #offered = new Set<string>();
  readonly #serial = new Serial();
  #closed = false;

  constructor(options: ModelHostOptions) {
    this.#options = options;
  }

  /** The model of that name; without a name, the first. */
  get(name: string | undefined): LoadedModel | undefined {
    return name === undefined ? this.#serving.values().next().value : this.find(name);
  }

  /** The model of exactly that name. */
  find(name: string): LoadedModel | undefined {
    return this.#serving.get(name);
  }

  references(): ModelReference[] {
    return [...this.#serving.values()].map(({ reference }) => reference);
  }

  /** Serves a bundle where it stands. @throws VergeError BUNDLE_NAME_TWICE, BUNDLE_…, SIGNATURE_…, ENGINE_LOAD_FAILED */
  async mount(folder: string): Promise<void> {
    const model = await this.#options.load(folder);
    const { name, version } = model.reference;
    const there = this.#serving.get(name);
    try {
      if (there !== undefined) {
        const what = `${folder} holds ${name} ${version}, and ${there.bundle.folder} holds ${name} ${there.reference.version} already`;
        throw bundleErrors.make('BUNDLE_NAME_TWICE', what);
      }
      await this.#options.verify(model.bundle);
    } catch (error) {
      await model.classifier.close();
      throw error;
    }
    this.#put(model);
  }

  /** Brings up the last good bundle of every model. One that no longer holds is told of, and the others come up. */
  async restore(): Promise<void> {
    const { shelf, load, verify, observe } = this.#options;
    for (const name of (await shelf?.names()) ?? []) {
      const folder = await shelf?.currentFolder(name);
      if (folder === undefined || this.#serving.has(name)) continue;
      try {
        const model = await load(folder);
        await verify(model.bundle);
        this.#put(model);
      } catch (error) {
        observe.refused({ name }, asVergeError(error));
      }
    }
  }

  /** Takes a bundle over. @throws VergeError BUNDLE_…, SIGNATURE_…, MODEL_…, ENGINE_LOAD_FAILED; the old version serves on then */
  async offer({ folder, downgrade }: Pick<Offer, 'folder' | 'downgrade'>): Promise<Accepted> {
    const { shelf, observe } = this.#options;
    if (shelf === undefined) throw modelErrors.make('MODEL_OFFER_INVALID', 'this runtime takes no models over');
    if (this.#closed) throw modelErrors.make('MODEL_STOPPING', 'the runtime is stopping');
    let bundle: Bundle | undefined;
    try {
      const { manifest, digest } = await readManifestOf(folder);
      const { name } = manifest;
      this.#stay(name); // whatever comes of it, somebody cares for this model again
      this.#offered.add(name);
      // One after the other from the copy on: two offers of one bundle write to the same place.
      return await this.#serial.run(name, async () => {
        const there = this.#serving.get(name)?.reference;
        if (there?.digest === digest) return { accepted: true, model: there, change: 'unchanged' };
        const copy = await shelf.take(folder);
        bundle = copy;
        if (copy.digest !== digest) {
          throw bundleErrors.make('BUNDLE_FILE_DIGEST', `the manifest of ${folder} changed while it was copied`);
        }
        return this.#consider(copy, shelf, downgrade);
      });
    } catch (error) {
      const refusal = asVergeError(error);
      if (bundle) await shelf.discard(bundle);
      observe.refused(bundle ? referenceOf(bundle) : {}, refusal);
      throw refusal;
    }
  }

  /** Whoever offered a model has gone; unless it is offered again within `releaseMs`, the model goes too. */
  release(name: string): void {
    const { releaseMs } = this.#options;
    if (releaseMs === 0 || !(this.#serving.has(name) || this.#offered.has(name))) return;
    this.#stay(name);
    const timer = setTimeout(() => void this.#serial.run(name, () => this.#unload(name)), releaseMs);
    this.#leaving.set(name, timer.unref());
  }

  /**
   * A model's worker broke: loads it anew. Texts of several requests may find out at once; it is loaded once.
   * @throws VergeError where it cannot be loaded again
   */
  async reload(broken: Pick<LoadedModel, 'reference' | 'classifier'>): Promise<void> {
    const { name } = broken.reference;
    await this.#serial.run(name, async () => {
      const serving = this.#serving.get(name);
      if (serving === undefined || serving.classifier !== broken.classifier) return;
      this.#put(await this.#options.load(serving.bundle.folder));
    });
  }

  /** Answers what was accepted, then frees every model. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const name of [...this.#leaving.keys()]) this.#stay(name);
    await Promise.all([...this.#serving.values()].map(({ classifier }) => classifier.close()));
  }

  async #consider(bundle: Bundle, shelf: Shelf, downgrade: Offer['downgrade']): Promise<Accepted> {
    const { load, verify, runtimeVersion, memoryBudgetBytes, memoryTakenElsewhere, freeBytes } = this.#options;
    const reference = referenceOf(bundle);
    const before = this.#serving.get(reference.name);
    await verify(bundle);
    if (before?.reference.digest === reference.digest) return { accepted: true, model: reference, change: 'unchanged' };
    checkOrder(before?.reference, reference, downgrade);
    checkFit(bundle.manifest, {
      runtimeVersion,
      memoryBudgetBytes,
      memoryTakenBytes: this.memoryTaken(reference.name) + memoryTakenElsewhere(),
      freeBytes: freeBytes(),
    });
    const model = await load(bundle.folder);
    try {
      if (this.#closed) throw modelErrors.make('MODEL_STOPPING', 'the runtime is stopping');
      await shelf.makeCurrent(bundle);
    } catch (error) {
      await model.classifier.close();
      throw error;
    }
    this.#put(model);
    await before?.classifier.close();
    await shelf.prune(reference.name, reference.digest);
    return { accepted: true, model: reference, change: before ? 'swapped' : 'loaded' };
  }

  /** The swap: one assignment, between two requests. */
  #put(model: LoadedModel): void {
    const before = this.#serving.get(model.reference.name)?.reference;
    this.#serving.set(model.reference.name, model);
    this.#options.observe.loaded(model.reference, before);
  }

  /** Estimated memory of what serves, but for the model that is about to be replaced. */
  memoryTaken(exceptName?: string): number {
    let bytes = 0;
    for (const [name, { bundle }] of this.#serving) if (name !== exceptName) bytes += estimateMemory(bundle.manifest);
    return bytes;
  }

  #stay(name: string): void {
    clearTimeout(this.#leaving.get(name));
    this.#leaving.delete(name);
  }

  async #unload(name: string): Promise<void> {
    if (!this.#leaving.delete(name) || this.#closed) return;
    const model = this.#serving.get(name);
    this.#serving.delete(name);
    await model?.classifier.close();
    await this.#options.shelf?.remove(name);
    if (model) this.#options.observe.unloaded(model.reference, 'its component was removed');
  }
}

function referenceOf({ manifest: { name, version }, digest }: Bundle): ModelReference {
  return { name, version, digest };
}
