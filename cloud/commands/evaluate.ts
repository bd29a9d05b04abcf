import type { Classification } from '../../component/classify/classification.ts';
import type { Sample } from '../dataset/dataset.ts';
import { readDataset } from '../dataset/read-dataset.ts';
import { type Answered, agreement, type Evaluation, evaluateAnswers } from '../evaluate/metrics.ts';
import type { Command } from './command.ts';
import { commandErrors } from './errors.ts';
import { openModel, windowsOf } from './open-engine.ts';
import { integerOption, textOption } from './options.ts';
import { type Progress, startProgress } from './progress.ts';
import { printable, renderTable } from './table.ts';

const WORST_LABELS = 10;
const CONFUSIONS = 10;

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Measure a bundle on labelled texts: accuracy, F1, confusions, calibration',
  arguments: [
    { name: 'bundle', description: 'folder that `verge compile` wrote' },
    { name: 'data', description: 'labelled texts (.tsv, .csv, .jsonl)' },
  ],
  options: [
    { flags: '--against <bundle>', description: 'another bundle; says on how many texts both answer alike' },
    { flags: '--no-reject', description: 'take the best label even below the rejection threshold' },
    { flags: '--threads <count>', description: 'threads of the engine; default: 1' },
  ],
  examples: ['verge evaluate bundle test.tsv', 'verge evaluate bundle test.tsv --against bundle-before --json'],
  async run({ arguments: [folder = '', file = ''], options, json, stdout, stderr, signal }) {
    const { samples, labelled } = await readDataset(file);
    if (!labelled) throw commandErrors.make('COMMAND_LABELS_NEEDED', `${file} has no labels`);
    const threads = integerOption(options.threads, '--threads', 1, 64) ?? 1;
    const reject = options.reject !== false;
    const progress = startProgress(stderr);
    try {
      const { answers, labels } = await answerAll(folder, samples, { threads, reject, progress, signal });
      const against = textOption(options.against);
      const other = against && (await answerAll(against, samples, { threads, reject, progress, signal }));
      progress.stop();
      const evaluation = evaluateAnswers(answers);
      const share = other ? agreement(answers, other.answers) : undefined;
      const unknownLabels = unknownAmong(samples, labels, file);
      const document = { ...evaluation, ...(share === undefined ? {} : { agreement: share }), unknownLabels };
      stdout.write(json ? `${JSON.stringify(document)}\n` : describe(evaluation, share, unknownLabels));
    } finally {
      progress.stop();
    }
  },
};

interface AnswerOptions {
  readonly threads: number;
  readonly reject: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

interface BundleAnswers {
  readonly answers: readonly Answered[];
  /** What the bundle can answer. */
  readonly labels: readonly string[];
}

/**
 * Labels of the file that the bundle never answers: their texts count as wrong, which the reader must know of.
 * @throws VergeError COMMAND_LABELS_FOREIGN where it knows none of them
 */
function unknownAmong(samples: readonly Sample[], known: readonly string[], file: string): string[] {
  const labels = [...new Set(samples.map(({ label = '' }) => label))].sort();
  const unknown = labels.filter((label) => !known.includes(label));
  if (unknown.length < labels.length) return unknown;
  const [first = ''] = unknown;
  throw commandErrors.make(
    'COMMAND_LABELS_FOREIGN',
    `${file}: none of its ${unknown.length} labels, such as ${JSON.stringify(first.slice(0, 100))}, is one of the model's`,
  );
}

async function answerAll(folder: string, samples: readonly Sample[], options: AnswerOptions): Promise<BundleAnswers> {
  const { engine, bundle } = await openModel(folder, { threads: options.threads, topK: 1, ownThread: false });
  try {
    if (
      bundle.manifest.problemType !== 'single_label_classification' ||
      bundle.manifest.task !== 'text-classification'
    ) {
      throw commandErrors.make(
        'COMMAND_TASK_UNSUPPORTED',
        `${folder} is a ${bundle.manifest.problemType} ${bundle.manifest.task} model`,
      );
    }
    const answers: Answered[] = [];
    for (const window of windowsOf(samples)) {
      options.progress.update(`evaluate ${bundle.manifest.name}`, answers.length, samples.length);
      const found = await Promise.all(window.map(({ text }) => engine.classify(text, { signal: options.signal })));
      for (const [index, answer] of found.entries()) {
        const { text = '', label: truth = '' } = window[index] ?? {};
        answers.push({ text, truth, ...judged(answer, options.reject) });
      }
    }
    return { answers, labels: bundle.manifest.labels };
  } finally {
    await engine.close();
  }
}

/** A rejection is as sure as its best guess was not. */
function judged({ label, score, rejected }: Classification, reject: boolean): { label: string; score: number } {
  if (!rejected) return { label, score };
  return reject ? { label, score: 1 - rejected.bestScore } : { label: rejected.bestLabel, score: rejected.bestScore };
}

function describe(evaluation: Evaluation, share: number | undefined, unknownLabels: readonly string[]): string {
  const weakest = evaluation.labels.filter(({ support }) => support > 0).sort((a, b) => a.f1 - b.f1);
  const shown = unknownLabels.slice(0, WORST_LABELS).map(printable).join(', ');
  const parts = [
    ...(shown === '' ? [] : [`warning: the model has no label ${shown}; such texts count as wrong.`]),
    renderTable(
      [],
      [
        ['texts', String(evaluation.count)],
        ['accuracy', percent(evaluation.accuracy)],
        ['macro F1', percent(evaluation.macroF1)],
        ['calibration error', percent(evaluation.calibrationError)],
        ...(share === undefined ? [] : [['agreement', percent(share)]]),
      ],
    ),
    `Weakest of ${weakest.length} labels:`,
    renderTable(
      ['label', 'texts', 'precision', 'recall', 'F1'],
      weakest
        .slice(0, WORST_LABELS)
        .map(({ label, support, precision, recall, f1 }) => [
          label,
          String(support),
          percent(precision),
          percent(recall),
          percent(f1),
        ]),
    ),
  ];
  if (evaluation.confusions.length > 0) {
    parts.push(
      'Confused most:',
      renderTable(
        ['true label', 'answered', 'texts'],
        evaluation.confusions.slice(0, CONFUSIONS).map(({ truth, label, count }) => [truth, label, String(count)]),
      ),
    );
  }
  parts.push(
    'Confidence and accuracy:',
    renderTable(
      ['score', 'texts', 'mean score', 'accuracy', ''],
      evaluation.bins
        .filter(({ count }) => count > 0)
        .map(({ from, to, count, meanScore, accuracy }) => [
          `${from.toFixed(1)} – ${to.toFixed(1)}`,
          String(count),
          percent(meanScore),
          percent(accuracy),
          '█'.repeat(Math.round(accuracy * 20)),
        ]),
    ),
    '',
  );
  return parts.join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
