import type { Classification } from '../../component/classify/classification.ts';
import { answerColumns } from '../batch/answer-columns.ts';
import { answerChunks } from '../batch/answer-pool.ts';
import { findInputs } from '../batch/find-inputs.ts';
import { openInput } from '../batch/local-input.ts';
import { planOutputs } from '../batch/plan-outputs.ts';
import { type BatchFile, runBatch } from '../batch/run-batch.ts';
import { datasetErrors } from '../dataset/errors.ts';
import type { Row } from '../dataset/rows/row.ts';
import { classifyByJob } from './batch/by-job.ts';
import { objectsOnce } from './batch/objects-once.ts';
import { TimeLeft } from './batch/time-left.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { jobOptionSpecs, runsOnSageMaker } from './job-options.ts';
import { openModel, workersOption } from './open-engine.ts';
import { integerOption, listOption, textOption } from './options.ts';
import { writePiece } from './output.ts';
import { startProgress } from './progress.ts';
import { printableJson } from './table.ts';

const TEXT_COLUMN = ['text'];

export const classifyCommand: Command = {
  name: 'classify',
  summary: "Run a bundle here with the device's own engine: texts in, answers out",
  arguments: [{ name: 'bundle', description: 'folder that `verge compile` wrote' }],
  options: [
    { flags: '--text <text>', description: 'a text; may be given several times', repeatable: true },
    {
      flags: '--in <path>',
      description:
        'file (.csv, .tsv, .jsonl, .parquet, .txt), folder, quoted glob or s3:// prefix; may be given several times',
      repeatable: true,
    },
    {
      flags: '--out <path>',
      description:
        'file or folder for the rows with their answers, in the kind that it ends in or else that of the input; run again, it goes on where it was stopped. Default: JSON lines on standard output',
    },
    { flags: '--column <name>', description: 'column of the texts; default: text' },
    { flags: '--force', description: 'replace outputs that are there' },
    { flags: '--top <count>', description: 'runners-up per text; default: 2, and with --out 0' },
    { flags: '--workers <count>', description: 'engines at work, each with a copy of the model; default: one a core' },
    { flags: '--threads <count>', description: 'threads of each engine; default: 1' },
    ...jobOptionSpecs,
  ],
  examples: [
    'verge classify bundle --text "wake me at seven"',
    'verge classify bundle --in texts.tsv > answers.jsonl',
    'verge classify bundle --in "tickets/*.parquet" --column body --out answers',
    'verge classify bundle --in s3://bucket/texts/ --out answers',
    'verge classify bundle --in s3://bucket/texts/ --out answers --on sagemaker --image node:20 --role arn:aws:iam::123456789012:role/verge-jobs',
  ],
  async run(context) {
    const texts = listOption(context.options.text);
    const named = listOption(context.options.in);
    const out = textOption(context.options.out);
    if (texts.length === 0 && named.length === 0) {
      throw commandErrors.make('COMMAND_NOTHING_TO_DO', 'neither --text nor --in was given');
    }
    if (runsOnSageMaker(context.options)) {
      if (texts.length > 0 || out === undefined) {
        const what = '--on sagemaker takes --in and --out: what a job answers lies in files';
        throw commandErrors.make('COMMAND_OPTION_INVALID', what);
      }
      integerOption(context.options.top, '--top', 0, 100);
      workersOption(context.options.workers, integerOption(context.options.threads, '--threads', 1, 64) ?? 1);
      return classifyByJob(named, out, context);
    }
    if (out === undefined) return toStandardOutput(texts, named, context);
    if (texts.length > 0) throw commandErrors.make('COMMAND_OPTION_INVALID', '--text and --out were both given');
    await toFiles(named, out, context);
  },
};

/** Rows of files with their answers, into files. */
async function toFiles(named: readonly string[], out: string, context: CommandContext): Promise<void> {
  const {
    arguments: [folder = ''],
    options,
    json,
    stdout,
    stderr,
    signal,
  } = context;
  const threads = integerOption(options.threads, '--threads', 1, 64) ?? 1;
  const topK = integerOption(options.top, '--top', 0, 100) ?? 0;
  const workers = workersOption(options.workers, threads);
  const s3 = objectsOnce(context.environment);
  const progress = startProgress(stderr);
  const timeLeft = new TimeLeft();
  try {
    const planned = await planOutputs(await findInputs(named, s3.lister, signal), out);
    const { bundle, engines, close } = await openModel(folder, { workers, threads, topK, ownThread: false });
    try {
      const { task, problemType, rejection } = bundle.manifest;
      const started = performance.now();
      const files = await runBatch(planned, {
        engines,
        columns: answerColumns({ task, problemType, rejection, topK }),
        read: { column: textOption(options.column) },
        identity: { bundle: bundle.digest, topK },
        force: options.force === true,
        objects: s3.objects,
        signal,
        onProgress: ({ share, fresh }) => progress.note('classify', timeLeft.describe(share, fresh)),
      });
      progress.stop();
      const seconds = (performance.now() - started) / 1000;
      stdout.write(json ? `${JSON.stringify({ seconds, files })}\n` : describe(files, seconds));
    } finally {
      await close();
    }
  } finally {
    progress.stop();
    s3.close();
  }
}

function describe(files: readonly BatchFile[], seconds: number): string {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const resumed = files.reduce((sum, file) => sum + file.resumedRows, 0);
  const [first] = files;
  const renamed = files.filter(({ columns }) => !columns.includes('predicted_label'));
  return [
    ...renamed
      .slice(0, 10)
      .map(
        ({ output, columns }) =>
          `${output}: its own columns keep their names; the answers are in ${columns.join(', ')}.\n`,
      ),
    `${rows} texts in ${files.length === 1 && first ? first.output : `${files.length} files`}`,
    resumed === 0 ? '' : `, ${resumed} of them answered before`,
    `, ${Math.round((rows - resumed) / Math.max(seconds, 0.001))} texts/s.\n`,
  ].join('');
}

/** Texts and files as JSON lines, or with --json as one document. */
async function toStandardOutput(
  texts: readonly string[],
  named: readonly string[],
  context: CommandContext,
): Promise<void> {
  const {
    arguments: [folder = ''],
    options,
    json,
    stdout,
    stderr,
    signal,
  } = context;
  const threads = integerOption(options.threads, '--threads', 1, 64) ?? 1;
  const topK = integerOption(options.top, '--top', 0, 100) ?? 2;
  const workers = named.length === 0 ? 1 : workersOption(options.workers, threads);
  const read = { column: textOption(options.column), textOnly: true };
  const s3 = objectsOnce(context.environment);
  const progress = startProgress(stderr);
  const timeLeft = new TimeLeft();
  const all: object[] = [];
  let count = 0;
  const write = async (rows: readonly Row[], answers: readonly Classification[]): Promise<void> => {
    const records = rows.flatMap((row, index) => toRecord(row, answers[index]) ?? []);
    count += records.length;
    if (json) all.push(...records);
    else await writePiece(context, records.map((record) => `${printableJson(record)}\n`).join(''));
  };
  try {
    const inputs = await findInputs(named, s3.lister, signal);
    const readers = [];
    // The first is opened before the model: what is wrong with it is said at once.
    if (inputs[0]) readers.push(await openInput(inputs[0], read, s3.objects, signal));
    const { engines, close } = await openModel(folder, { workers, threads, topK, ownThread: false });
    try {
      const [engine] = engines;
      for (const text of texts) {
        const row = { text, names: TEXT_COLUMN, cells: [text] };
        if (engine) await write([row], [await engine.classify(text, { signal })]);
      }
      for (const [index, input] of inputs.entries()) {
        const reader = readers.pop() ?? (await openInput(input, read, s3.objects, signal));
        try {
          const from = { rows: 0, offset: 0, line: 0 };
          const chunks = answerChunks(reader.read(), { engines, signal, file: input.name, from });
          for await (const { rows, answers, next } of chunks) {
            await write(rows, answers);
            const share = (index + reader.shareBefore(next)) / inputs.length;
            if (share < 1) progress.note('classify', timeLeft.describe(share, count));
          }
        } finally {
          await reader.close();
        }
      }
      if (count === 0) throw datasetErrors.make('DATASET_EMPTY', `${named.join(', ')} holds no texts`);
      if (json) stdout.write(`${printableJson(all)}\n`);
    } finally {
      await close();
      for (const reader of readers) await reader.close();
    }
  } finally {
    progress.stop();
    s3.close();
  }
}

/** One JSON line: the text, its true label where the file had one, and the answer less what is only of use on the device. */
function toRecord({ text, label }: Row, answer: Classification | undefined): object | undefined {
  if (answer === undefined) return undefined;
  const { queueMs: _queueMs, labelIndex: _labelIndex, inferenceMs, score, ...rest } = answer;
  return {
    text,
    ...(label === undefined ? {} : { truth: label }),
    ...rest,
    score,
    inferenceMs: Math.round(inferenceMs * 1000) / 1000,
  };
}
