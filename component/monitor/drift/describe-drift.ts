import type { DriftSignal } from '../../contract/event.ts';
import type { ModelReference } from '../../contract/parts.ts';
import type { DriftChange } from './drift-watch.ts';

/** Each signal in words, as the subject of a sentence. */
const SUBJECTS: Readonly<Record<DriftSignal, string>> = {
  labels: 'the shares of its labels (population stability index)',
  confidence: 'its confidence (population stability index)',
  length: 'the length of its texts (population stability index)',
  'unknown-tokens': 'the rate of unknown tokens (above the baseline)',
  rejections: 'the rate of rejected texts (above the baseline)',
  accuracy: 'its estimated accuracy (below the baseline)',
};

export function describeDrift(
  { name, version }: ModelReference,
  { signal, change, value, bound }: DriftChange,
): string {
  const crossed = change === 'began' ? 'at least' : 'at most';
  return `${name} ${version}: drift of ${SUBJECTS[signal]} ${change}: ${value.toFixed(3)}, ${crossed} ${bound}.`;
}
