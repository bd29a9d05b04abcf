import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchModel } from './bench/bench-model.ts';
import { installPeer, PEER_VERSION } from './bench/install-peer.ts';
import { describeProcessor } from './bench/processor.ts';
import { renderReport } from './bench/render-report.ts';
import type { Report } from './bench/report.ts';
import type { ModelName } from './bench/targets.ts';

// npm run bench [-- --models mini,minilm --rounds 7 --quick --json]: Verge beside transformers.js, in one run.
// Writes docs/benchmarks.md; --quick and --json write nothing.

const MODELS: readonly ModelName[] = ['mini', 'minilm'];
const SHARED = path.resolve('../shared');
const WORK = path.resolve('.verge/bench');
const PAGE = 'docs/benchmarks.md';

process.exitCode = await bench();

async function bench(): Promise<number> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const textsFile = path.join(SHARED, 'bench/texts.json');
  if (!existsSync(textsFile)) {
    process.stderr.write(
      `bench: ${textsFile} is missing; put the reference data (texts, models and the peer's models) beside the repository as ../shared.\n`,
    );
    return 2;
  }
  const progress = (step: string): void => void process.stderr.write(`${step} …\n`);
  progress('install the peer');
  const installation = path.join(WORK, 'peer');
  const peerRuntime = await installPeer(installation);
  const texts = JSON.parse(readFileSync(textsFile, 'utf8')) as string[]; // see its README
  const processor = describeProcessor();
  const models = [];
  for (const model of options.models) {
    const settings = { sharedFolder: SHARED, workFolder: WORK, installation, textsFile, texts, processor, progress };
    models.push(await benchModel(model, { ...settings, rounds: options.rounds }));
  }
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    processor,
    versions: {
      Node: process.versions.node,
      'Verge on onnxruntime-node': versionOf('onnxruntime-node'),
      '@xenova/transformers': `${PEER_VERSION} on onnxruntime-node ${peerRuntime}`,
    },
    rounds: options.rounds,
    texts: texts.length,
    models,
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return 0;
  }
  const page = renderReport(report);
  process.stdout.write(page);
  if (!options.quick) {
    await mkdir(path.dirname(PAGE), { recursive: true });
    await writeFile(PAGE, page);
  }
  return 0;
}

interface Options {
  readonly models: readonly ModelName[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: MODELS.join(',') },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const models = values.models.split(',').map((name) => {
    const model = MODELS.find((known) => known === name.trim());
    if (model === undefined)
      throw new Error(`--models has ${JSON.stringify(name)}; the models are ${MODELS.join(', ')}.`);
    return model;
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 7));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) {
    throw new Error(`--rounds is ${JSON.stringify(values.rounds)}; it takes a whole number from 1 to 1000.`);
  }
  return { models, rounds, quick: values.quick, json: values.json };
}

function versionOf(name: string): string {
  const { version }: { version: string } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return version;
}
