import type { Classifier } from '../classify/classification.ts';
import { type GoldenSample, goldenSampleSchema } from '../contract/manifest.ts';
import { bundleErrors } from './errors.ts';
import { type Bundle, readBundleFile } from './open-bundle.ts';

/**
 * Lets a model answer the golden samples of its bundle.
 * @returns how many there were
 * @throws VergeError BUNDLE_GOLDEN_FAILED, naming the sample, what was expected and what came
 */
export async function runGolden(bundle: Bundle, classifier: Classifier): Promise<number> {
  const samples = parseGolden((await readBundleFile(bundle, 'golden')).toString('utf8'), bundle.folder);
  for (const [index, sample] of samples.entries()) {
    const answer = await classifier.classify(sample.text);
    const label = answer.rejected?.bestLabel ?? answer.label;
    const score = answer.rejected?.bestScore ?? answer.score;
    if (label === sample.label && score >= sample.scoreMin && score <= sample.scoreMax) continue;
    throw bundleErrors.make(
      'BUNDLE_GOLDEN_FAILED',
      `${bundle.folder}: golden sample ${index + 1} is answered ${label} ${score.toFixed(4)}, not ${sample.label} from ${sample.scoreMin} to ${sample.scoreMax}`,
    );
  }
  return samples.length;
}

function parseGolden(content: string, folder: string): GoldenSample[] {
  const lines = content.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    try {
      return goldenSampleSchema.parse(JSON.parse(line));
    } catch (error) {
      throw bundleErrors.make(
        'BUNDLE_GOLDEN_INVALID',
        `${folder}: line ${index + 1} of golden.jsonl is no golden sample`,
        error,
      );
    }
  });
}
