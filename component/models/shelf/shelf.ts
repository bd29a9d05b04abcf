import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { BUNDLE_FILES, modelNameSchema } from '../../contract/manifest.ts';
import { syncFolder } from '../../disk/sync.ts';
import { modelErrors } from '../host/errors.ts';
import { type Bundle, checkSize, openBundle, readManifestOf } from '../open-bundle.ts';

const CURRENT = 'current.json';
const PARTIAL = '.partial-';
const currentSchema = z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * The runtime's own copy of the last good bundle of each model (fact L3: nucleus lite brings none back):
 * `<folder>/<name>/<digest>/` with `current.json` beside it. A copy is whole or absent, and what is current changes in one
 * rename that is on disk before it counts, so a power cut leaves the old or the new.
 */
export class Shelf {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Names of the models that have a current bundle, and removes what a crash left half-written. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    for (const entry of await this.#entries(this.#folder)) {
      if (entry.startsWith(PARTIAL)) await rm(path.join(this.#folder, entry), { recursive: true, force: true });
      else if (modelNameSchema.safeParse(entry).success && (await this.#current(entry)) !== undefined)
        names.push(entry);
    }
    return names.sort();
  }

  /** The folder of a model's current bundle. */
  async currentFolder(name: string): Promise<string | undefined> {
    const digest = await this.#current(name);
    return digest === undefined ? undefined : this.#place(name, digest);
  }

  /**
   * Copies a bundle here and checks the copy: what is checked is what will run, whoever may write to the source.
   * @throws VergeError BUNDLE_…, MODEL_SHELF_WRITE; nothing stays then
   */
  async take(source: string): Promise<Bundle> {
    const { manifest } = await readManifestOf(source);
    for (const file of manifest.files) await checkSize(source, file);
    const partial = await this.#written(async () => {
      await mkdir(this.#folder, { recursive: true });
      return mkdtemp(path.join(this.#folder, PARTIAL));
    });
    try {
      const signature = (await this.#entries(source)).filter((name) => name === BUNDLE_FILES.signature);
      const names = [BUNDLE_FILES.manifest, ...signature, ...manifest.files.map(({ name }) => name)];
      for (const name of names) await this.#copy(path.join(source, name), path.join(partial, name));
      const bundle = await openBundle(partial);
      const place = this.#place(bundle.manifest.name, bundle.digest);
      await this.#written(async () => {
        await chmod(partial, 0o755);
        await syncFolder(partial);
        await mkdir(path.dirname(place), { recursive: true });
        await rm(place, { recursive: true, force: true });
        await rename(partial, place);
        await syncFolder(path.dirname(place));
      });
      return openedAt(bundle, place);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  }

  /** From now on, and after any crash, this is the model's bundle. @throws VergeError MODEL_SHELF_WRITE */
  async makeCurrent({ manifest: { name }, digest }: Bundle): Promise<void> {
    const folder = path.join(this.#folder, name);
    const draft = path.join(folder, `${PARTIAL}current`);
    await this.#written(async () => {
      const handle = await open(draft, 'w');
      try {
        await handle.writeFile(`${JSON.stringify({ digest })}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, path.join(folder, CURRENT));
      await syncFolder(folder);
    });
  }

  /** Removes every bundle of a model but one. */
  async prune(name: string, keepDigest: string): Promise<void> {
    for (const entry of await this.#entries(path.join(this.#folder, name))) {
      if (entry === CURRENT || entry === keepDigest) continue;
      await rm(path.join(this.#folder, name, entry), { recursive: true, force: true });
    }
  }

  /** Removes one bundle that did not come to serve, unless it is the current one. */
  async discard({ manifest: { name }, digest }: Bundle): Promise<void> {
    if ((await this.#current(name)) === digest) return;
    await rm(this.#place(name, digest), { recursive: true, force: true });
  }

  /** Forgets a model for good. */
  async remove(name: string): Promise<void> {
    await rm(path.join(this.#folder, name), { recursive: true, force: true });
  }

  #place(name: string, digest: string): string {
    return path.join(this.#folder, name, digest);
  }

  async #current(name: string): Promise<string | undefined> {
    try {
      const content = await readFile(path.join(this.#folder, name, CURRENT), 'utf8');
      return currentSchema.parse(JSON.parse(content)).digest;
    } catch {
      return undefined; // never made, or damaged: the model component hands its bundle over again
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    await this.#written(async () => {
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      const copy = await open(to, 'r+');
      try {
        await copy.sync();
      } finally {
        await copy.close();
      }
    });
  }

  async #entries(folder: string): Promise<string[]> {
    return (await readdir(folder).catch(() => [])).sort();
  }

  async #written<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw modelErrors.make('MODEL_SHELF_WRITE', `the bundle cannot be kept in ${this.#folder} (${why})`, error);
    }
  }
}

function openedAt(bundle: Bundle, folder: string): Bundle {
  return {
    ...bundle,
    folder,
    modelPath: path.join(folder, BUNDLE_FILES.model),
    tokenizerPath: path.join(folder, BUNDLE_FILES.tokenizer),
  };
}
