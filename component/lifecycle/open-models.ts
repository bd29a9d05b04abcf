import { totalmem } from 'node:os';
import path from 'node:path';
import { asVergeError } from '../contract/as-verge-error.ts';
import type { VergeError } from '../contract/error.ts';
import { HAND_OVER_SOCKET } from '../contract/hand-over.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import { Shadow } from '../models/challenger/shadow.ts';
import { type HandOverServer, startHandOver } from '../models/hand-over/server.ts';
import { freeBytes } from '../models/host/device-fit.ts';
import { ModelHost, type ModelHostOptions } from '../models/host/model-host.ts';
import { loadModel } from '../models/load-model.ts';
import { Shelf } from '../models/shelf/shelf.ts';
import type { SigningKey } from '../models/signature/keys.ts';
import { verifySignature } from '../models/signature/verify.ts';
import { isHttpOn } from './open-sources.ts';

export interface ModelsOptions {
  readonly settings: Settings;
  readonly workerUrl: URL;
  readonly runtimeVersion: string;
  readonly observe: ModelHostOptions['observe'];
  /** With one or more, a model must be signed by one of them. */
  readonly keys: readonly SigningKey[];
  readonly random: () => number;
}

/** Not a model's name, so that it stands beside the models of the shelf. */
const CHALLENGERS = '.challengers';

/** All models of this runtime: those that serve, and their challengers. */
export class Models {
  readonly serving: ModelHost;
  readonly shadow: Shadow;
  readonly #options: ModelsOptions;
  readonly #challengers: ModelHost;
  #handOver: HandOverServer | undefined;

  constructor(options: ModelsOptions) {
    this.#options = options;
    const { modelsFolder, challengerShare } = options.settings;
    this.serving = new ModelHost({
      ...this.#common(),
      shelf: modelsFolder === '' ? undefined : new Shelf(modelsFolder),
      memoryTakenElsewhere: () => this.#challengers.memoryTaken(),
      observe: options.observe,
    });
    this.#challengers = new ModelHost({
      ...this.#common(),
      shelf: modelsFolder === '' ? undefined : new Shelf(path.join(modelsFolder, CHALLENGERS)),
      memoryTakenElsewhere: () => this.serving.memoryTaken(),
      observe: asChallenger(options.observe),
    });
    this.shadow = new Shadow({
      challenger: (name) => this.#challengers.find(name),
      share: () => challengerShare,
      random: options.random,
      onLost: (challenger) => this.#challengers.reload(challenger),
    });
  }

  /** Mounts what the settings name, brings up what was last good, and takes models over from now on. @throws VergeError for a mounted one */
  async start(): Promise<void> {
    const { settings, observe } = this.#options;
    for (const folder of settings.models) {
      try {
        await this.serving.mount(folder);
      } catch (error) {
        observe.refused({}, asVergeError(error));
        throw error;
      }
    }
    await this.serving.restore();
    await this.#challengers.restore();
    if (settings.modelsFolder === '') return;
    this.#handOver = await startHandOver(HAND_OVER_SOCKET, {
      offer: ({ role, folder, downgrade }) =>
        role === 'challenger'
          ? this.#challengers.offer({ folder, downgrade: 'allow' })
          : this.serving.offer({ folder, downgrade }),
      release: ({ name, role }) => (role === 'challenger' ? this.#challengers : this.serving).release(name),
    });
  }

  /** Models that are compared and do not answer. */
  challengerReferences(): ModelReference[] {
    return this.#challengers.references();
  }

  /** Takes nothing more over. */
  async stopTaking(): Promise<void> {
    await this.#handOver?.close();
  }

  /** Answers what was accepted, then frees every model. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([this.stopTaking(), this.serving.close(), this.#challengers.close()]);
  }

  #common(): Omit<ModelHostOptions, 'shelf' | 'memoryTakenElsewhere' | 'observe'> {
    const { settings, workerUrl, runtimeVersion } = this.#options;
    return {
      load: (folder) =>
        loadModel(folder, {
          workerUrl,
          queueLimit: settings.engineQueueTexts,
          threads: settings.engineThreads,
          cacheEntries: settings.engineCacheEntries,
          maxBatchTokens: settings.engineBatchTokens,
          mixTexts: settings.engineMixTexts,
          topK: isHttpOn(settings) ? Math.max(settings.runnersUp, settings.httpTopK - 1) : settings.runnersUp,
        }),
      verify: async (bundle) => {
        if (this.#options.keys.length > 0) await verifySignature(bundle, this.#options.keys);
      },
      runtimeVersion,
      memoryBudgetBytes: settings.modelMemoryBytes ?? Math.round(totalmem() / 2),
      freeBytes,
      releaseMs: settings.modelReleaseSeconds * 1000,
    };
  }
}

function asChallenger({ loaded, refused, unloaded }: ModelHostOptions['observe']): ModelHostOptions['observe'] {
  return {
    loaded: (model: ModelReference, before: ModelReference | undefined) => loaded(model, before, 'challenger'),
    refused: (model: Partial<ModelReference>, error: VergeError) => refused(model, error),
    unloaded,
  };
}
