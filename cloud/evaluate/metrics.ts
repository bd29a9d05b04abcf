/** One evaluated text: its true label and what the model answered. */
export interface Answered {
  readonly text: string;
  readonly truth: string;
  readonly label: string;
  /** Confidence of the answer, 0 to 1. */
  readonly score: number;
}

export interface LabelMetrics {
  readonly label: string;
  /** Texts whose true label it is. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface CalibrationBin {
  /** Scores from `from` up to `to`, as shares. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanScore: number;
  readonly accuracy: number;
}

/** A pair of labels that the model confuses: `count` texts of `truth` were answered with `label`. */
export interface Confusion {
  readonly truth: string;
  readonly label: string;
  readonly count: number;
}

export interface Evaluation {
  readonly count: number;
  readonly accuracy: number;
  /** Mean of the F1 of all labels that are true of a text or were answered. */
  readonly macroF1: number;
  readonly calibrationError: number;
  readonly bins: readonly CalibrationBin[];
  /** Sorted by label. */
  readonly labels: readonly LabelMetrics[];
  /** Wrong answers only, the most frequent pair first. */
  readonly confusions: readonly Confusion[];
}

const BIN_COUNT = 10;

/** Accuracy, macro-F1, per-label numbers, confusions and calibration of single-label answers. */
export function evaluateAnswers(answers: Iterable<Answered>): Evaluation {
  const tally = new EvaluationTally();
  for (const answer of answers) tally.add(answer);
  return tally.evaluate();
}

/** Counts answers as they come: memory grows with the pairs of labels, not with the texts. */
export class EvaluationTally {
  /** By true label, then by answered label. */
  readonly #pairs = new Map<string, Map<string, number>>();
  readonly #bins = Array.from({ length: BIN_COUNT }, () => ({ count: 0, right: 0, scores: 0 }));
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Every true label so far, sorted. */
  get truths(): string[] {
    return [...this.#pairs.keys()].sort();
  }

  add({ truth, label, score }: Omit<Answered, 'text'>): void {
    const answered = this.#pairs.get(truth) ?? new Map<string, number>();
    this.#pairs.set(truth, answered);
    answered.set(label, (answered.get(label) ?? 0) + 1);
    this.#count++;
    const bin = this.#bins[Math.min(BIN_COUNT - 1, Math.floor(score * BIN_COUNT))];
    if (bin === undefined) return; // no number
    bin.count++;
    bin.scores += score;
    if (truth === label) bin.right++;
  }

  evaluate(): Evaluation {
    const pairs = [...this.#pairs].flatMap(([truth, answered]) =>
      [...answered].map(([label, count]): Confusion => ({ truth, label, count })),
    );
    const names = [...new Set(pairs.flatMap(({ truth, label }) => [truth, label]))].sort();
    const labels = labelMetrics(names, pairs);
    const bins = this.#bins.map(({ count, right, scores }, bin) => ({
      from: bin / BIN_COUNT,
      to: (bin + 1) / BIN_COUNT,
      count,
      meanScore: share(scores, count),
      accuracy: share(right, count),
    }));
    return {
      count: this.#count,
      accuracy: share(sumOf(pairs.filter(isRight)), this.#count),
      macroF1: share(
        labels.reduce((sum, { f1 }) => sum + f1, 0),
        labels.length,
      ),
      calibrationError: bins.reduce(
        (sum, bin) => sum + share(bin.count, this.#count) * Math.abs(bin.accuracy - bin.meanScore),
        0,
      ),
      bins,
      labels,
      confusions: pairs
        .filter((pair) => !isRight(pair))
        .sort((a, b) => b.count - a.count || compare(a.truth, b.truth) || compare(a.label, b.label)),
    };
  }
}

function labelMetrics(names: readonly string[], pairs: readonly Confusion[]): LabelMetrics[] {
  const counts = new Map(names.map((name) => [name, { support: 0, answered: 0, right: 0 }]));
  for (const { truth, label, count } of pairs) {
    const [asked, given] = [counts.get(truth), counts.get(label)];
    if (asked) asked.support += count;
    if (given) given.answered += count;
    if (asked && truth === label) asked.right += count;
  }
  return [...counts].map(([label, { support, answered, right }]) => ({
    label,
    support,
    precision: share(right, answered),
    recall: share(right, support),
    f1: share(2 * right, answered + support),
  }));
}

function sumOf(pairs: readonly Confusion[]): number {
  return pairs.reduce((sum, { count }) => sum + count, 0);
}

function isRight({ truth, label }: Pick<Answered, 'truth' | 'label'>): boolean {
  return truth === label;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
