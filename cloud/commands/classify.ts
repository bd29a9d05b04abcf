import { once } from 'node:events';
import type { Classification } from '../../component/classify/classification.ts';
import type { Sample } from '../dataset/dataset.ts';
import { readDataset } from '../dataset/read-dataset.ts';
import type { Command } from './command.ts';
import { commandErrors } from './errors.ts';
import { openModel, windowsOf } from './open-engine.ts';
import { integerOption, textOption } from './options.ts';
import { startProgress } from './progress.ts';

export const classifyCommand: Command = {
  name: 'classify',
  summary: "Run a bundle here with the device's own engine: texts in, JSON lines out",
  arguments: [{ name: 'bundle', description: 'folder that `verge compile` wrote' }],
  options: [
    { flags: '--text <text>', description: 'a text; may be given several times', repeatable: true },
    { flags: '--in <file>', description: 'file of texts (.tsv, .csv, .jsonl, .txt)' },
    { flags: '--top <count>', description: 'runners-up per text; default: 2' },
    { flags: '--threads <count>', description: 'threads of the engine; default: 1' },
  ],
  examples: ['verge classify bundle --text "wake me at seven"', 'verge classify bundle --in texts.tsv > answers.jsonl'],
  async run({ arguments: [folder = ''], options, json, stdout, stderr, signal }) {
    const samples = await readSamples(options.text, textOption(options.in));
    const threads = integerOption(options.threads, '--threads', 1, 64) ?? 1;
    const topK = integerOption(options.top, '--top', 0, 100) ?? 2;
    const { engine } = await openModel(folder, { threads, topK, ownThread: false });
    const progress = startProgress(stderr);
    const all: object[] = [];
    let done = 0;
    try {
      for (const window of windowsOf(samples)) {
        signal.throwIfAborted();
        if (samples.length > window.length) progress.update('classify', done, samples.length);
        const answers = await Promise.all(window.map(({ text }) => engine.classify(text, { signal })));
        const records = answers.map((answer, index) => toRecord(window[index], answer));
        if (json) all.push(...records);
        else if (!stdout.write(records.map((record) => `${JSON.stringify(record)}\n`).join('')))
          await once(stdout, 'drain');
        done += window.length;
      }
      if (json) stdout.write(`${JSON.stringify(all)}\n`);
    } finally {
      progress.stop();
      await engine.close();
    }
  },
};

async function readSamples(texts: unknown, file: string | undefined): Promise<readonly Sample[]> {
  const given = Array.isArray(texts) ? texts.map((text) => ({ text: String(text) })) : [];
  if (file === undefined && given.length === 0) {
    throw commandErrors.make('COMMAND_NOTHING_TO_DO', 'neither --text nor --in was given');
  }
  return file === undefined ? given : [...given, ...(await readDataset(file)).samples];
}

/** One JSON line: the text, its true label where the file had one, and the answer less what is only of use on the device. */
function toRecord(sample: Sample | undefined, answer: Classification): object {
  const { queueMs: _queueMs, labelIndex: _labelIndex, inferenceMs, score, ...rest } = answer;
  return {
    text: sample?.text,
    ...(sample?.label === undefined ? {} : { truth: sample.label }),
    ...rest,
    score,
    inferenceMs: Math.round(inferenceMs * 1000) / 1000,
  };
}
