import type { Tally, Yardstick } from './tally.ts';

export interface AccuracyEstimate {
  readonly value: number;
  readonly standardError: number;
  readonly textCount: number;
}

/** Only where the best score is the probability of being right. */
export function hasAccuracy({ task, problemType }: Yardstick): boolean {
  return task === 'text-classification' && problemType === 'single_label_classification';
}

/**
 * Average confidence as an estimate of accuracy without labels: a calibrated model that says 0.9 is right nine times in
 * ten (Guillory et al., Predicting with Confidence on Unseen Distributions, ICCV 2021). It holds as far as calibration does,
 * and calibration gets worse on foreign texts, so read it as an upper bound while something drifts. The standard error
 * is that of a mean, s / √n; duplicates make it look smaller than it is.
 */
export function estimateAccuracy({ accepted: { count, sum, squares } }: Tally): AccuracyEstimate | undefined {
  if (count === 0) return undefined;
  const mean = sum / count;
  const variance = count === 1 ? 0 : Math.max(0, (squares - count * mean * mean) / (count - 1));
  return { value: Math.min(1, mean), standardError: Math.sqrt(variance / count), textCount: count };
}
