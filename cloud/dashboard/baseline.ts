import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLE_FILES, manifestSchema } from '../../component/contract/manifest.ts';
import { dashboardErrors } from './errors.ts';
import type { Baseline } from './wire/frame.ts';

/** The largest manifest with its 10,000 labels is smaller. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** Baselines of bundles by the digest that messages name them by. @throws VergeError DASHBOARD_BUNDLE_UNREADABLE */
export async function readBaselines(folders: readonly string[]): Promise<ReadonlyMap<string, Baseline>> {
  return new Map(await Promise.all(folders.map(readBaseline)));
}

async function readBaseline(folder: string): Promise<[string, Baseline]> {
  const file = path.join(folder, BUNDLE_FILES.manifest);
  try {
    const bytes = await readFile(file);
    if (bytes.byteLength > MAX_MANIFEST_BYTES) throw new Error(`it has ${bytes.byteLength} bytes`);
    const { labels, baseline, rejection } = manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
    const names = rejection && !labels.includes(rejection.label) ? [...labels, rejection.label] : labels;
    const digest = createHash('sha256').update(bytes).digest('hex');
    const shares = names.map((label, at) => ({ label, share: baseline.labelShares[at] ?? 0 }));
    return [
      digest,
      { sampleCount: baseline.sampleCount, labels: shares, confidence: baseline.confidenceShares ?? null },
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw dashboardErrors.make('DASHBOARD_BUNDLE_UNREADABLE', `${file} is no manifest of a bundle (${why})`, error);
  }
}
