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
export function evaluateAnswers(answers: readonly Answered[]): Evaluation {
  const names = [...new Set(answers.flatMap(({ truth, label }) => [truth, label]))].sort();
  const labels = names.map((name) => labelMetrics(name, answers));
  const bins = calibrationBins(answers);
  return {
    count: answers.length,
    accuracy: share(answers.filter(isRight).length, answers.length),
    macroF1: share(
      labels.reduce((sum, { f1 }) => sum + f1, 0),
      labels.length,
    ),
    calibrationError: bins.reduce(
      (sum, bin) => sum + share(bin.count, answers.length) * Math.abs(bin.accuracy - bin.meanScore),
      0,
    ),
    bins,
    labels,
    confusions: countConfusions(answers),
  };
}

/** Share of texts that two models answer alike; both lists in the same order. */
export function agreement(one: readonly Answered[], other: readonly Answered[]): number {
  return share(one.filter((answer, index) => answer.label === other[index]?.label).length, one.length);
}

function labelMetrics(label: string, answers: readonly Answered[]): LabelMetrics {
  const support = answers.filter((answer) => answer.truth === label).length;
  const answered = answers.filter((answer) => answer.label === label).length;
  const right = answers.filter((answer) => answer.truth === label && isRight(answer)).length;
  return {
    label,
    support,
    precision: share(right, answered),
    recall: share(right, support),
    f1: share(2 * right, answered + support),
  };
}

function calibrationBins(answers: readonly Answered[]): CalibrationBin[] {
  return Array.from({ length: BIN_COUNT }, (_, bin) => {
    const inside = answers.filter(({ score }) => Math.min(BIN_COUNT - 1, Math.floor(score * BIN_COUNT)) === bin);
    return {
      from: bin / BIN_COUNT,
      to: (bin + 1) / BIN_COUNT,
      count: inside.length,
      meanScore: share(
        inside.reduce((sum, { score }) => sum + score, 0),
        inside.length,
      ),
      accuracy: share(inside.filter(isRight).length, inside.length),
    };
  });
}

function countConfusions(answers: readonly Answered[]): Confusion[] {
  const counts = new Map<string, Confusion>();
  for (const answer of answers) {
    if (isRight(answer)) continue;
    const { truth, label } = answer;
    const key = JSON.stringify([truth, label]);
    counts.set(key, { truth, label, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort(
    (a, b) => b.count - a.count || compare(a.truth, b.truth) || compare(a.label, b.label),
  );
}

function isRight({ truth, label }: Answered): boolean {
  return truth === label;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
