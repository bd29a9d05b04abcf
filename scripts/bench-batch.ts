import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPeer, PEER_VERSION } from './bench/install-peer.ts';
import { describeProcessor } from './bench/processor.ts';
import { median } from './bench/statistics.ts';
import {
  type Contender,
  pythonContender,
  runVerge,
  transformersContender,
  vergeContender,
  whyNoPython,
  writeSlices,
} from './bench-batch/contenders.ts';
import { makeRows } from './bench-batch/make-rows.ts';

// npm run bench:batch [-- --rows 200000 --slices 10 --python PATH --dry]: `verge classify` on a file beside transformers.js and Python, in one run.
// Writes docs/benchmarks-batch.md; --dry only prints it.

const SHARED = path.resolve('../shared');
const WORK = path.resolve('.verge/bench-batch');
const PAGE = 'docs/benchmarks-batch.md';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    slices: { type: 'string', default: '10' },
    python: { type: 'string', default: 'python3' },
    dry: { type: 'boolean', default: false },
  },
});
const [rows, sliceCount] = [Number(values.rows), Number(values.slices)];
if (!(Number.isInteger(rows) && rows > 0 && Number.isInteger(sliceCount) && sliceCount > 0 && sliceCount <= rows)) {
  process.stderr.write('bench-batch: --rows and --slices are whole numbers, the second no larger than the first.\n');
  process.exit(2);
}
const say = (words: string): void => void process.stderr.write(`${words}\n`);
const skipped: string[] = [];
rmSync(WORK, { recursive: true, force: true });
mkdirSync(WORK, { recursive: true });
const { texts, source } = makeRows(rows, SHARED);
const { whole, json, slices } = writeSlices(WORK, texts, sliceCount);
const bundle = compile();
const contenders: Contender[] = [];
try {
  contenders.push(vergeContender(bundle), ...(await openPeers()));
  const rounds = contenders.map((): number[] => []);
  for (const [number, slice] of slices.entries()) {
    for (const [index, contender] of contenders.entries()) {
      const perSecond = ((slice.to - slice.from) / (await contender.run(slice))) * 1000;
      rounds[index]?.push(perSecond);
      say(`slice ${number + 1} of ${slices.length}: ${contender.name}, ${Math.round(perSecond)} texts/s`);
    }
  }
  say('the whole file at once');
  const small = await runVerge(bundle, slices[0]?.csv ?? whole);
  const large = await runVerge(bundle, whole);
  const page = render(rounds, small.peakMiB, large);
  process.stdout.write(page);
  if (!values.dry) writeFileSync(PAGE, page);
} finally {
  for (const contender of contenders) await contender.end();
}

function compile(): string {
  say('compile');
  const folder = path.join(WORK, 'bundle');
  const program = fileURLToPath(new URL('../cloud/verge.js', import.meta.url));
  const model = 'test/models/intents-mini';
  execFileSync(
    process.execPath,
    [program, 'compile', `${model}/model.tar.gz`, '--out', folder, '--samples', `${model}/samples.tsv`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  return folder;
}

/** Those that are there; of the others, why not. */
async function openPeers(): Promise<Contender[]> {
  const model = path.join(SHARED, 'models/intents-mini/peer');
  if (!existsSync(model)) {
    skipped.push(`transformers.js and Python: ${model} is missing, the model in the form that they read`);
    return [];
  }
  const peers: Contender[] = [];
  const installation = path.resolve('.verge/bench/peer');
  try {
    say('install transformers.js');
    await installPeer(installation);
    peers.push(await transformersContender(model, installation, json));
  } catch (error) {
    skipped.push(
      `transformers.js: it cannot be installed or started (${error instanceof Error ? error.message.split('\n')[0] : error})`,
    );
  }
  const script = path.join(SHARED, 'bench/ort_python.py');
  const why = await whyNoPython(values.python, script);
  if (why === undefined) peers.push(pythonContender(values.python, script, model, describeProcessor().cores));
  else skipped.push(`Python: ${why}`);
  for (const words of skipped) say(`skipped: ${words}`);
  return peers;
}

function render(rounds: readonly number[][], smallMiB: number, large: { wallMs: number; peakMiB: number }): string {
  const processor = describeProcessor();
  const [ours = []] = rounds;
  const table = contenders.map(({ name }, index) => {
    const theirs = rounds[index] ?? [];
    const ratios = theirs.map((perSecond, round) => (ours[round] ?? Number.NaN) / perSecond);
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    return `| ${name} | ${Math.round(median(theirs))} | ${index === 0 ? '' : `${median(ratios).toFixed(2)} (${spread})`} |`;
  });
  return `${[
    '# Batch benchmark',
    '',
    `Written by \`npm run bench:batch\` on ${new Date().toISOString().slice(0, 10)}: ${processor.name}, ${processor.cores} cores, int8 by ${processor.instructions}; Node ${process.versions.node}, transformers.js ${PEER_VERSION}.`,
    '',
    `A CSV of ${rows} distinct rows, made of ${source}, and the model intents-mini. The sides take turns, slice by slice (${slices.length} slices of`,
    `${Math.ceil(rows / slices.length)} rows); figures are medians over the slices. For Verge the whole command counts, from the start of its process to the answers`,
    'in a file, with one engine a core; for the others only the answering, their models loaded and nothing written: transformers.js as it comes, one by one (its best',
    'mode), Python with ONNX Runtime, the Rust tokenizers, batches of 32 sorted by length, and a thread a core.',
    '',
    '| | texts per second | Verge is times as fast (least–most) |',
    '|---|---|---|',
    ...table,
    ...busyNote(processor.cores),
    ...skipped.map((words) => `\nSkipped: ${words}.`),
    '',
    `The whole file in one command: ${Math.round((rows / large.wallMs) * 1000)} texts per second, at most ${large.peakMiB.toFixed(0)} MiB; one slice of it took ${smallMiB.toFixed(0)} MiB.`,
  ].join('\n')}\n`;
}

/** Whoever else was at work on the machine makes figures small and ratios rough; the reader must know. */
function busyNote(cores: number): string[] {
  const load = loadavg()[1] ?? 0; // of five minutes
  if (load <= cores + 1) return [];
  return [
    `\nThe machine was busy with other work: load ${load.toFixed(1)} on ${cores} cores. The figures are of no use, the ratios rough.`,
  ];
}
