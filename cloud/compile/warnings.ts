import type { Fidelity, GoldenSample, Rejection } from '../../component/contract/manifest.ts';
import type { CompileOptions } from './options.ts';
import { MIN_LABELLED, type TemperatureFit } from './quantise/confidence.ts';
import { batchingOf } from './quantise/fidelity.ts';

/** With fewer confident answers, one of them is more than the gate's whole margin. */
const MIN_CONFIDENT = 100;

interface Findings {
  readonly options: CompileOptions;
  readonly fidelity: Fidelity;
  readonly temperature: TemperatureFit | undefined;
  readonly rejection: Rejection | undefined;
  readonly golden: readonly GoldenSample[];
  /** Samples whose label the fits could use. */
  readonly labelled: number;
}

/** What the samples could not show, said in sentences: a gate that had nothing to judge must not look like a proof. */
export function warningsOf({ options, fidelity, temperature, rejection, golden, labelled }: Findings): string[] {
  const warnings: string[] = [];
  const { confidentCount, sampleCount } = fidelity;
  if (options.precision === 'int8' && !fidelity.labelled && confidentCount < MIN_CONFIDENT) {
    const few = `fp32 answers ${confidentCount} of ${sampleCount} samples with confidence, too few to prove int8`;
    warnings.push(`${few}: give texts like the real ones with --samples.`);
  }
  if (batchingOf(fidelity) === 'alone') {
    warnings.push(
      'Texts that share a batch lose too much, so the device runs each alone: slower under load, not worse.',
    );
  }
  if (labelled > 0 && temperature === undefined) {
    warnings.push(
      labelled < MIN_LABELLED
        ? `${labelled} labelled samples are too few to fit the confidence: give at least ${MIN_LABELLED}.`
        : 'Every labelled sample is answered right, so the confidence could not be fitted: give harder ones.',
    );
  }
  if (options.rejectLabel !== undefined && rejection === undefined) {
    warnings.push(`No threshold raises the accuracy on the samples: nothing is rejected as ${options.rejectLabel}.`);
  }
  if (golden.length === 0) {
    warnings.push('No sample is answered clearly enough for a golden sample: the device cannot try the model out.');
  }
  return warnings;
}
