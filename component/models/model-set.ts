import type { ModelReference } from '../contract/parts.ts';
import { bundleErrors } from './errors.ts';
import type { LoadedModel } from './load-model.ts';

/** The models that serve, by name; the first one added answers texts that name none. */
export class ModelSet {
  readonly #models = new Map<string, LoadedModel>();

  /** @throws VergeError BUNDLE_NAME_TWICE */
  add(model: LoadedModel): void {
    const { name, version } = model.reference;
    const there = this.#models.get(name);
    if (there !== undefined) {
      throw bundleErrors.make(
        'BUNDLE_NAME_TWICE',
        `${model.bundle.folder} holds ${name} ${version}, and ${there.bundle.folder} holds ${name} ${there.reference.version} already`,
      );
    }
    this.#models.set(name, model);
  }

  get(name: string | undefined): LoadedModel | undefined {
    return name === undefined ? [...this.#models.values()][0] : this.#models.get(name);
  }

  references(): ModelReference[] {
    return [...this.#models.values()].map(({ reference }) => reference);
  }

  /** Answers what was accepted, then frees every model. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([...this.#models.values()].map(({ classifier }) => classifier.close()));
  }
}
