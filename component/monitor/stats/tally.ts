import type { Classification } from '../../classify/classification.ts';
import { CONFIDENCE_BINS, confidenceBin, LENGTH_BINS, lengthBin } from '../../contract/bins.ts';
import type { Manifest } from '../../contract/manifest.ts';

/** Of a manifest, what its answers are counted by. */
export type Yardstick = Pick<Manifest, 'task' | 'problemType' | 'labels' | 'rejection' | 'baseline'>;

/** What one model's answers add up to. Its size depends on the number of labels, not on how many texts come. */
export class Tally {
  textCount = 0;
  cachedCount = 0;
  rejectedCount = 0;
  truncatedCount = 0;
  tokenCount = 0;
  unknownCount = 0;
  /** Over the answers that were not rejected, for the accuracy estimate. */
  accepted = { count: 0, sum: 0, squares: 0 };
  readonly labels = new Map<string, number>();
  readonly confidence = new Array<number>(CONFIDENCE_BINS).fill(0);
  readonly length = new Array<number>(LENGTH_BINS).fill(0);
  readonly #yardstick: Yardstick;

  constructor(yardstick: Yardstick) {
    this.#yardstick = yardstick;
  }

  add(answer: Classification): void {
    const { baseline } = this.#yardstick;
    this.textCount++;
    if (answer.cached) this.cachedCount++;
    if (answer.truncated) this.truncatedCount++;
    this.tokenCount += answer.tokenCount;
    this.unknownCount += answer.unknownCount;
    if (answer.label !== '') this.labels.set(answer.label, (this.labels.get(answer.label) ?? 0) + 1);
    increment(this.length, lengthBin(baseline.lengthDeciles, answer.tokenCount));
    if (this.hasConfidence) this.#addScore(answer);
  }

  /** Whether scores are probabilities: those of a regression are plain values. */
  get hasConfidence(): boolean {
    return this.#yardstick.problemType !== 'regression';
  }

  /** Adds another tally of the same model. */
  merge(other: Tally): void {
    this.textCount += other.textCount;
    this.cachedCount += other.cachedCount;
    this.rejectedCount += other.rejectedCount;
    this.truncatedCount += other.truncatedCount;
    this.tokenCount += other.tokenCount;
    this.unknownCount += other.unknownCount;
    this.accepted.count += other.accepted.count;
    this.accepted.sum += other.accepted.sum;
    this.accepted.squares += other.accepted.squares;
    for (const [label, count] of other.labels) this.labels.set(label, (this.labels.get(label) ?? 0) + count);
    for (const [bin, count] of other.confidence.entries()) increment(this.confidence, bin, count);
    for (const [bin, count] of other.length.entries()) increment(this.length, bin, count);
  }

  #addScore({ rejected, score }: Classification): void {
    increment(this.confidence, confidenceBin(rejected?.bestScore ?? score));
    if (rejected) {
      this.rejectedCount++;
      return;
    }
    this.accepted.count++;
    this.accepted.sum += score;
    this.accepted.squares += score * score;
  }
}

function increment(counts: number[], bin: number, by = 1): void {
  counts[bin] = (counts[bin] ?? 0) + by;
}
