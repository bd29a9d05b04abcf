import type { Classification } from '../../component/classify/classification.ts';
import { answerChunks } from '../batch/answer-pool.ts';
import { findInputs, type Input } from '../batch/find-inputs.ts';
import { openInput } from '../batch/local-input.ts';
import { datasetErrors } from '../dataset/errors.ts';
import type { ReadOptions, RowReader } from '../dataset/rows/row.ts';
import { type Evaluation, EvaluationTally } from '../evaluate/metrics.ts';
import { type ObjectsOnce, objectsOnce } from './batch/objects-once.ts';
import { TimeLeft } from './batch/time-left.ts';
import type { Command } from './command.ts';
import { commandErrors } from './errors.ts';
import { checkLabels, unlabelled } from './evaluate/check-labels.ts';
import { type OpenedModel, type OpenModelOptions, openModel, workersOption } from './open-engine.ts';
import { integerOption, textOption } from './options.ts';
import { startProgress } from './progress.ts';
import { printable, renderTable } from './table.ts';

const WORST_LABELS = 10;
const CONFUSIONS = 10;

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Measure a bundle on labelled texts: accuracy, F1, confusions, calibration',
  arguments: [
    { name: 'bundle', description: 'folder that `verge compile` wrote' },
    {
      name: 'data',
      description: 'labelled texts: files (.tsv, .csv, .jsonl, .parquet), folders, quoted globs, s3:// prefixes',
      variadic: true,
    },
  ],
  options: [
    { flags: '--against <bundle>', description: 'another bundle; says on how many texts both answer alike' },
    { flags: '--no-reject', description: 'take the best label even below the rejection threshold' },
    { flags: '--column <name>', description: 'column of the texts; default: text' },
    { flags: '--label-column <name>', description: 'column of the labels; default: label' },
    { flags: '--workers <count>', description: 'engines at work, each with a copy of the model; default: one a core' },
    { flags: '--threads <count>', description: 'threads of each engine; default: 1' },
  ],
  examples: [
    'verge evaluate bundle test.tsv',
    'verge evaluate bundle test.tsv --against bundle-before --json',
    'verge evaluate bundle "tickets/*.parquet" --column body --label-column queue',
  ],
  async run(context) {
    const {
      arguments: [folder = '', ...named],
      options,
      json,
      stdout,
      stderr,
      signal,
    } = context;
    const files = named.filter((file) => file !== undefined);
    const threads = integerOption(options.threads, '--threads', 1, 64) ?? 1;
    const model = { workers: workersOption(options.workers, threads), threads, topK: 1, ownThread: false };
    const progress = startProgress(stderr);
    const s3 = objectsOnce(context.environment);
    const opened: OpenedModel[] = [];
    try {
      const inputs = await findInputs(files, s3.lister, signal);
      const read = { column: textOption(options.column), labelColumn: textOption(options.labelColumn), textOnly: true };
      const [first] = inputs;
      // The first is opened before the model: what is wrong with it is said at once.
      if (first) await (await openLabelled(first, read, s3, signal)).close();
      const against = textOption(options.against);
      for (const one of against === undefined ? [folder] : [folder, against]) opened.push(await openJudged(one, model));
      const open = (input: Input): Promise<RowReader> => openLabelled(input, read, s3, signal);
      progress.note('evaluate', 'reading the labels');
      await checkLabels(inputs, opened[0]?.bundle.manifest.labels ?? [], open, signal);
      const timeLeft = new TimeLeft();
      const found = await tallyAll(inputs, opened, {
        open,
        reject: options.reject !== false,
        signal,
        tell: (share, done) =>
          progress.note(`evaluate ${opened[0]?.bundle.manifest.name}`, timeLeft.describe(share, done)),
      });
      progress.stop();
      const { tally, alike } = found;
      if (tally.count === 0) throw datasetErrors.make('DATASET_EMPTY', `${files.join(', ')} holds no texts`);
      const evaluation = tally.evaluate();
      const share = against === undefined ? undefined : alike / tally.count;
      const unknownLabels = unknownAmong(tally.truths, opened[0]?.bundle.manifest.labels ?? [], files.join(', '));
      const document = { ...evaluation, ...(share === undefined ? {} : { agreement: share }), unknownLabels };
      stdout.write(json ? `${JSON.stringify(document)}\n` : describe(evaluation, share, unknownLabels));
    } finally {
      progress.stop();
      for (const { close } of opened) await close();
      s3.close();
    }
  },
};

/** @throws VergeError COMMAND_TASK_UNSUPPORTED */
async function openJudged(folder: string, options: OpenModelOptions): Promise<OpenedModel> {
  const opened = await openModel(folder, options);
  const { problemType, task } = opened.bundle.manifest;
  if (problemType === 'single_label_classification' && task === 'text-classification') return opened;
  await opened.close();
  throw commandErrors.make('COMMAND_TASK_UNSUPPORTED', `${folder} is a ${problemType} ${task} model`);
}

/** @throws VergeError COMMAND_LABELS_NEEDED, DATASET_… */
async function openLabelled(input: Input, read: ReadOptions, s3: ObjectsOnce, signal: AbortSignal): Promise<RowReader> {
  const reader = await openInput(input, read, s3.objects, signal);
  const { labelColumn } = read;
  const labelled = reader.columns?.some((name) => labelColumn === name || name.trim().toLowerCase() === 'label');
  if (labelled !== false) return reader;
  await reader.close();
  throw commandErrors.make('COMMAND_LABELS_NEEDED', `${input.name} has no labels`);
}

interface TallyOptions {
  readonly open: (input: Input) => Promise<RowReader>;
  readonly reject: boolean;
  readonly signal: AbortSignal;
  tell(share: number, done: number): void;
}

/** Answers everything with every model, and counts what the first one answers and how often the second agrees. */
async function tallyAll(
  inputs: readonly Input[],
  models: readonly OpenedModel[],
  { open, reject, signal, tell }: TallyOptions,
): Promise<{ readonly tally: EvaluationTally; readonly alike: number }> {
  const tally = new EvaluationTally();
  const [model, other] = models;
  let alike = 0;
  for (const [index, input] of inputs.entries()) {
    const reader = await open(input);
    try {
      const from = { rows: 0, offset: 0, line: 0 };
      const around = { file: input.name, signal, from };
      const chunks = answerChunks(reader.read(), { ...around, engines: model?.engines ?? [] });
      for await (const { rows, answers, next } of chunks) {
        const others = await Promise.all(
          other ? rows.map(({ text }, at) => other.engines[at % other.engines.length]?.classify(text, { signal })) : [],
        );
        for (const [at, answer] of answers.entries()) {
          const truth = rows[at]?.label;
          if (truth === undefined) throw unlabelled(input.name, next.rows - rows.length + at + 1);
          const judgement = judged(answer, reject);
          tally.add({ truth, ...judgement });
          const another = others[at];
          if (another && judged(another, reject).label === judgement.label) alike++;
        }
        tell((index + reader.shareBefore(next)) / inputs.length, tally.count);
      }
    } finally {
      await reader.close();
    }
  }
  return { tally, alike };
}

/**
 * Labels of the file that the bundle never answers: their texts count as wrong, which the reader must know of.
 * @throws VergeError COMMAND_LABELS_FOREIGN where it knows none of them
 */
function unknownAmong(labels: readonly string[], known: readonly string[], file: string): string[] {
  const unknown = labels.filter((label) => !known.includes(label));
  if (unknown.length < labels.length) return unknown;
  const [first = ''] = unknown;
  throw commandErrors.make(
    'COMMAND_LABELS_FOREIGN',
    `${file}: none of its ${unknown.length} labels, such as ${JSON.stringify(first.slice(0, 100))}, is one of the model's`,
  );
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
