import { describe, expect, it } from 'vitest';
import { batchedOf, batchingOf } from '../../../../cloud/compile/quantise/fidelity.ts';
import type { Fidelity } from '../../../../component/contract/manifest.ts';

const fidelity: Fidelity = {
  sampleCount: 200,
  labelled: false,
  samples: 'user',
  agreement: 0.99,
  confidentAgreement: 1,
  confidentCount: 180,
  meanProbabilityChange: 0.001,
  maxProbabilityChange: 0.02,
  logitMeanSquaredError: 0.001,
};
const batched = { agreement: 0.97, confidentAgreement: 0.995, meanProbabilityChange: 0.01, maxProbabilityChange: 0.3 };

describe('whether texts may share batches', () => {
  it('follows the gate without labels: 99 % agreement where fp32 is confident', () => {
    expect(batchingOf({ ...fidelity, batched })).toBe('mixed');
    expect(batchingOf({ ...fidelity, batched: { ...batched, confidentAgreement: 0.98 } })).toBe('alone');
  });

  it('follows the gate with labels: 99 % of the accuracy of fp32', () => {
    const labelled = { ...fidelity, labelled: true, referenceAccuracy: 0.95, accuracy: 0.95 };

    expect(batchingOf({ ...labelled, batched: { ...batched, accuracy: 0.945 } })).toBe('mixed');
    expect(batchingOf({ ...labelled, batched: { ...batched, accuracy: 0.93 } })).toBe('alone');
  });

  it('is no question for fp32, whose scores do not depend on batch mates', () => {
    expect(batchingOf(fidelity)).toBe('mixed');
  });

  it('takes from a report what is said of batches, and nothing of the samples', () => {
    expect(Object.keys(batchedOf({ ...fidelity, accuracy: 0.9 }))).toEqual([
      'agreement',
      'confidentAgreement',
      'meanProbabilityChange',
      'maxProbabilityChange',
      'accuracy',
    ]);
  });
});
