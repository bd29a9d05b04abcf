import { freemem } from 'node:os';
import lt from 'semver/functions/lt.js'; // not the whole package, for the sake of memory
import { BUNDLE_FILES, type Manifest } from '../../contract/manifest.ts';
import { modelErrors } from './errors.ts';

const MIB = 1024 * 1024;
/** A worker thread with its heap, ONNX Runtime's session and an empty arena. */
const BASE_BYTES = 40 * MIB;
/** Weights are packed a second time for the processor's kernels, and the arena grows with the longest batches. */
const WEIGHTS_FACTOR = 1.6;
/** The tokenizer's JSON text, its objects and its tables. */
const TOKENIZER_FACTOR = 12;

/** What is known of the device when a model wants to serve. */
export interface Device {
  readonly runtimeVersion: string;
  /** For all models together. */
  readonly memoryBudgetBytes: number;
  /** Of the models that serve and will go on serving. */
  readonly memoryTakenBytes: number;
  /** Free on the device now: the version that serves stays loaded until the new one has proven itself. */
  readonly freeBytes: number;
}

/** Memory that a loaded model takes, from above: estimated from its files (docs/decisions has what was measured). */
export function estimateMemory(manifest: Pick<Manifest, 'files'>): number {
  const sizeOf = (wanted: string): number => manifest.files.find(({ name }) => name === wanted)?.sizeBytes ?? 0;
  const weights = sizeOf(BUNDLE_FILES.weights) + sizeOf(BUNDLE_FILES.model);
  return Math.round(BASE_BYTES + weights * WEIGHTS_FACTOR + sizeOf(BUNDLE_FILES.tokenizer) * TOKENIZER_FACTOR);
}

/** @throws VergeError MODEL_RUNTIME_TOO_OLD, MODEL_MEMORY, with what is needed and what there is */
export function checkFit({ name, version, requires, files }: Manifest, device: Device): void {
  const wanted = requires?.runtime;
  if (wanted !== undefined && lt(device.runtimeVersion, wanted)) {
    throw modelErrors.make(
      'MODEL_RUNTIME_TOO_OLD',
      `${name} ${version} needs runtime ${wanted}, and this is ${device.runtimeVersion}`,
    );
  }
  const needed = estimateMemory({ files });
  const budget = device.memoryBudgetBytes - device.memoryTakenBytes;
  if (needed > budget) {
    throw modelErrors.make(
      'MODEL_MEMORY',
      `${name} ${version} takes about ${mib(needed)} MiB, and ${mib(Math.max(0, budget))} of the ${mib(device.memoryBudgetBytes)} MiB for models are left`,
    );
  }
  if (needed > device.freeBytes) {
    throw modelErrors.make(
      'MODEL_MEMORY',
      `${name} ${version} takes about ${mib(needed)} MiB beside the version that serves, and ${mib(device.freeBytes)} MiB are free on the device`,
    );
  }
}

/** Memory that a new process could take without others being pushed out. */
export function freeBytes(): number {
  return freemem();
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
