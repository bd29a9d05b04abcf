import type { Classifier } from '../classify/classification.ts';
import { createEngine, type EngineOptions } from '../classify/engine.ts';
import type { ModelReference } from '../contract/parts.ts';
import { runGolden } from './golden.ts';
import { type Bundle, engineSettingsOf, openBundle } from './open-bundle.ts';

/** What the engine is told besides what the bundle says. */
export type EngineTuning = Pick<
  EngineOptions,
  'workerUrl' | 'queueLimit' | 'threads' | 'cacheEntries' | 'maxBatchTokens' | 'mixTexts' | 'topK'
>;

/** A model that answers: its bundle was checked file by file, and it answered its golden samples. */
export interface LoadedModel {
  readonly reference: ModelReference;
  readonly bundle: Bundle;
  readonly classifier: Classifier;
}

/**
 * Opens a bundle, loads its model and lets it answer its golden samples. Nothing stays loaded where one of them fails.
 * @throws VergeError BUNDLE_…, ENGINE_LOAD_FAILED
 */
export async function loadModel(folder: string, tuning: EngineTuning): Promise<LoadedModel> {
  const bundle = await openBundle(folder);
  const { mixTexts, ...rest } = engineSettingsOf(bundle);
  const classifier = await createEngine({ ...tuning, ...rest, mixTexts: tuning.mixTexts && mixTexts });
  try {
    await runGolden(bundle, classifier);
  } catch (error) {
    await classifier.close();
    throw error;
  }
  const { name, version } = bundle.manifest;
  return { reference: { name, version, digest: bundle.digest }, bundle, classifier };
}
