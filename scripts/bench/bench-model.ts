import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTokenizer } from '../../component/text/create-tokenizer.ts';
import { judge } from './judge.ts';
import { type LengthSamples, lengthBuckets } from './length-buckets.ts';
import { type Measured, measureRounds } from './measure-rounds.ts';
import { NETWORK_ALONE, OWN_THREAD, PLACES } from './places.ts';
import type { Processor } from './processor.ts';
import type { Mode, SideOptions } from './protocol.ts';
import type { Compared, ModelReport, Throughput } from './report.ts';
import { measureFirstAnswer, type SideName, startSide } from './start-side.ts';
import { median } from './statistics.ts';
import type { ModelName } from './targets.ts';

export interface BenchSettings {
  readonly sharedFolder: string;
  /** Bundles and the peer are kept here. */
  readonly workFolder: string;
  readonly installation: string;
  readonly textsFile: string;
  readonly texts: readonly string[];
  readonly rounds: number;
  readonly processor: Processor;
  readonly progress: (step: string) => void;
}

const MIB = 1024 * 1024;
/** The peer's spinning threads collapse when another process wants a core (fact R4), and the whole mix would take minutes. */
const MAX_TEXTS_DEFAULT_THREADS = 500;

/** Everything about one model, the two sides taking turns. */
export async function benchModel(model: ModelName, settings: BenchSettings): Promise<ModelReport> {
  const { progress } = settings;
  progress(`${model}: compile`);
  const bundle = await compileBundle(model, settings);
  const optionsOf = optionsFor(
    bundle.folder,
    path.join(settings.sharedFolder, `models/intents-${model}/peer`),
    settings,
  );
  progress(`${model}: one thread each`);
  const one = await runContenders(settings, settings.texts.length, optionsOf, [
    { name: 'transformers.js, one by one', side: 'peer', mode: 'one', threads: 1 },
    { name: 'transformers.js, batches of 32', side: 'peer', mode: 'batched', threads: 1 },
    { name: 'Verge, one by one', side: 'verge', mode: 'one', threads: 1 },
    { name: 'Verge, batched', side: 'verge', mode: 'batched', threads: 1 },
    { name: `Verge${OWN_THREAD}, one by one`, side: 'verge', mode: 'one', threads: 1, ownThread: true },
    { name: `Verge${OWN_THREAD}, batched`, side: 'verge', mode: 'batched', threads: 1, ownThread: true },
    { name: `${NETWORK_ALONE}, one by one`, side: 'verge', mode: 'one', threads: 1, networkOnly: true },
    { name: `${NETWORK_ALONE}, batched`, side: 'verge', mode: 'batched', threads: 1, networkOnly: true },
  ]);
  progress(`${model}: threads as they come`);
  const fewer = Math.min(settings.texts.length, MAX_TEXTS_DEFAULT_THREADS);
  const many = await runContenders(settings, fewer, optionsOf, [
    { name: 'transformers.js, one by one', side: 'peer', mode: 'one' },
    { name: 'Verge, one by one', side: 'verge', mode: 'one', ownThread: true },
    { name: 'Verge, batched', side: 'verge', mode: 'batched', ownThread: true },
    { name: 'Verge, two threads, one by one', side: 'verge', mode: 'one', threads: 2, ownThread: true },
    { name: 'Verge, two threads, batched', side: 'verge', mode: 'batched', threads: 2, ownThread: true },
  ]);
  progress(`${model}: first answers`);
  const firstAnswer = await firstAnswers(optionsOf, settings.rounds);
  progress(`${model}: memory`);
  const peakMemory = await memory(optionsOf, settings);

  const oneThread = one.map((measured) => throughputOf(measured, settings.texts.length));
  const [peerRounds, , vergeRounds] = one;
  const samples: LengthSamples = {
    tokenCounts: bundle.tokenCounts(settings.texts),
    peer: peerRounds?.rounds.map((round) => round.latenciesMs) ?? [],
    verge: vergeRounds?.rounds.map((round) => round.latenciesMs) ?? [],
  };
  const measured = {
    model,
    oneThread,
    defaultThreads: many.map((measured) => throughputOf(measured, fewer)),
    lengths: lengthBuckets(samples),
    firstAnswer,
    peakMemory,
    agreement: agreementOf(peerRounds, vergeRounds),
    bundleShare: bundle.share,
  };
  return { ...measured, goals: judge(measured, settings.processor.instructions) };
}

/** Compiles the model with the built command, as a user would. */
async function compileBundle(
  model: ModelName,
  { sharedFolder, workFolder }: BenchSettings,
): Promise<{ folder: string; share: number; tokenCounts: (texts: readonly string[]) => number[] }> {
  const folder = path.join(workFolder, `intents-${model}`);
  await rm(folder, { recursive: true, force: true });
  const program = fileURLToPath(new URL('../cloud/verge.js', import.meta.url));
  const archive = path.join(sharedFolder, `models/intents-${model}/model.tar.gz`);
  const samples = path.join(sharedFolder, 'data/clinc150/val.tsv');
  execFileSync(process.execPath, [program, 'compile', archive, '--out', folder, '--samples', samples, '--json'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
    readonly maxLength: number;
    readonly files: readonly { readonly sizeBytes: number }[];
    readonly provenance: { readonly float32Bytes: number };
  }; // just written by our own compiler
  const tokenizer = createTokenizer(readFileSync(path.join(folder, 'tokenizer.json')));
  return {
    folder,
    share: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0) / manifest.provenance.float32Bytes,
    tokenCounts: (texts) => texts.map((text) => tokenizer.encode(text, manifest.maxLength).ids.length),
  };
}

type OptionsOf = (side: SideName, threads?: number, ownThread?: boolean, networkOnly?: boolean) => SideOptions;

function optionsFor(bundle: string, peerModel: string, { textsFile, installation }: BenchSettings): OptionsOf {
  return (side, threads, ownThread = false, networkOnly = false) => ({
    model: side === 'verge' ? bundle : peerModel,
    texts: textsFile,
    installation,
    firstAnswerOnly: false,
    ownThread,
    networkOnly,
    ...(threads === undefined ? {} : { threads }),
  });
}

interface Row {
  readonly name: string;
  readonly side: SideName;
  readonly mode: Mode;
  readonly threads?: number;
  readonly ownThread?: boolean;
  readonly networkOnly?: boolean;
}

/** Each row in a process of its own, so that no mode warms another up. */
async function runContenders(
  settings: BenchSettings,
  textCount: number,
  optionsOf: OptionsOf,
  rows: readonly Row[],
): Promise<Measured[]> {
  const contenders = [];
  try {
    for (const { name, side, mode, threads, ownThread, networkOnly } of rows) {
      contenders.push({ name, mode, side: await startSide(side, optionsOf(side, threads, ownThread, networkOnly)) });
    }
    return await measureRounds(contenders, textCount, settings.rounds);
  } finally {
    for (const { side } of contenders) await side.end();
  }
}

async function firstAnswers(optionsOf: OptionsOf, rounds: number): Promise<Compared[]> {
  const peer: Timed[] = [];
  const places = PLACES.map((place) => ({ place, runs: [] as Timed[] }));
  for (let round = 0; round < Math.max(rounds, 3); round++) {
    peer.push(await measureFirstAnswer('peer', optionsOf('peer', 1)));
    for (const { place, runs } of places) {
      runs.push(await measureFirstAnswer('verge', optionsOf('verge', 1, place === OWN_THREAD)));
    }
  }
  const cpu = (runs: readonly Timed[]): number => median(runs.map((run) => run.cpuMs));
  const wall = (runs: readonly Timed[]): number => median(runs.map((run) => run.wallMs));
  return places.flatMap(({ place, runs }) => [
    { name: `CPU${place}, ms`, peer: cpu(peer), verge: cpu(runs) },
    { name: `wall${place}, ms`, peer: wall(peer), verge: wall(runs) },
  ]);
}

type Timed = Awaited<ReturnType<typeof measureFirstAnswer>>;

/** Fresh processes: the first answer, then the whole mix. The peer answers one by one, which takes it the least. */
async function memory(optionsOf: OptionsOf, settings: BenchSettings): Promise<Compared[]> {
  const peer = await peaks('peer', 'one', false);
  const rows: Compared[] = [];
  for (const place of PLACES) {
    const one = await peaks('verge', 'one', place === OWN_THREAD);
    const batched = await peaks('verge', 'batched', place === OWN_THREAD);
    rows.push(
      { name: `after the first answer${place}, MiB`, peer: peer.first, verge: one.first },
      { name: `after the mix${place}, one by one, MiB`, peer: peer.mix, verge: one.mix },
      { name: `after the mix${place}, batched (peer: one by one), MiB`, peer: peer.mix, verge: batched.mix },
    );
  }
  return rows;

  async function peaks(name: SideName, mode: Mode, ownThread: boolean): Promise<{ first: number; mix: number }> {
    const side = await startSide(name, optionsOf(name, 1, ownThread));
    try {
      const first = await side.round({ mode: 'one', from: 0, to: 1 });
      const mix = await side.round({ mode, from: 0, to: settings.texts.length });
      return { first: first.maxRssBytes / MIB, mix: mix.maxRssBytes / MIB };
    } finally {
      await side.end();
    }
  }
}

function throughputOf({ name, rounds }: Measured, textCount: number): Throughput {
  return {
    name,
    cpuMsPerText: median(rounds.map((round) => round.cpuMs)) / textCount,
    wallMsPerText: median(rounds.map((round) => round.wallMs)) / textCount,
  };
}

function agreementOf(peer: Measured | undefined, verge: Measured | undefined): number {
  const theirs = peer?.rounds[0]?.labels ?? [];
  const ours = verge?.rounds[0]?.labels ?? [];
  return theirs.filter((label, index) => label === ours[index]).length / theirs.length;
}
