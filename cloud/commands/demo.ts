import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { vergeVersion } from '../../component/version.ts';
import { consume } from '../consumer/consume.ts';
import type { AnsweredItem } from '../consumer/item.ts';
import { readDataset } from '../dataset/read-dataset.ts';
import { Collector } from '../demo/collector.ts';
import { demoErrors } from '../demo/errors.ts';
import { takeFolder } from '../demo/own-folder.ts';
import { type DemoOutcome, faultsOf, runDemo } from '../demo/run-demo.ts';
import { burstTexts, type DemoText, singleTexts } from '../demo/texts.ts';
import { startBroker } from '../local/broker/broker.ts';
import type { PersonalityName } from '../local/core/personality.ts';
import { deployRuntime } from '../local/device/deployed-runtime.ts';
import type { Command, CommandContext } from './command.ts';
import { describeOutcome } from './compile/report.ts';
import { type CompileOutcome, runCompile } from './compile.ts';
import { type FleetOutcome, fleetFaults, runFleetTour } from './demo/fleet-tour.ts';
import { keepAsking } from './demo/keep-up.ts';
import { openDemoPage } from './demo/page.ts';
import { describeDevice, describeEnd, describeFleet } from './demo/report.ts';
import { integerOption, textOption } from './options.ts';
import { startProgress } from './progress.ts';
import { printable } from './table.ts';

/** The committed model stands two folders above the built command line. */
const MODEL = fileURLToPath(new URL('../../test/models/intents-mini/model.tar.gz', import.meta.url));
const SAMPLES = fileURLToPath(new URL('../../test/models/intents-mini/samples.tsv', import.meta.url));
/** The built runtime stands beside the built command line. */
const RUNTIME = fileURLToPath(new URL('../component/main.js', import.meta.url));

const PLACE = { fleet: 'demo', thing: 'this-machine' };
const SHOWN_ANSWERS = 12;
const SINGLE_COLUMNS = { text: 46, label: 26 };

export const demoCommand: Command = {
  name: 'demo',
  summary: 'The whole flow on this machine: compile, run, ask over MQTT, consume; no account, no network',
  arguments: [],
  options: [
    { flags: '--texts <count>', description: 'texts of the burst; default: 2000' },
    { flags: '--nucleus <kind>', description: 'the Greengrass nucleus to run under, lite or java; default: lite' },
    { flags: '--no-fleet', description: 'end after the one device, without rollouts over a fleet' },
    { flags: '--keep', description: 'afterwards leave all up, texts coming, and serve the page; Ctrl-C ends it' },
    { flags: '--port <port>', description: 'of the page; default: 8080, or any that is free where that is taken' },
    { flags: '--out <folder>', description: 'gets the bundle, the core and its logs; default: .verge/demo' },
  ],
  examples: ['verge demo', 'verge demo --keep', 'verge demo --texts 20000 --json'],
  async run(context) {
    const { options, json, stdout } = context;
    const folder = path.resolve(textOption(options.out) ?? '.verge/demo');
    const count = integerOption(options.texts, '--texts', 1, 25_000) ?? 2000;
    const nucleus = nucleusOption(options.nucleus);
    const say = (text: string): void => {
      if (!json) stdout.write(text);
    };
    say(`Verge ${vergeVersion}: from a SageMaker training output to answers on MQTT, on this machine.\n\n`);
    const keep = options.keep === true;
    const port = integerOption(options.port, '--port', 0, 65_535);
    const withFleet = options.fleet !== false;
    const tell = (compiled: CompileOutcome, outcome: DemoOutcome, fleet: FleetOutcome | undefined): void => {
      if (json)
        stdout.write(`${JSON.stringify({ bundle: compiled.bundle, ...outcome, ...(fleet ? { fleet } : {}) })}\n`);
      else say(describeEnd(path.join(folder, 'bundle'), keep));
      const faults = [...faultsOf(outcome), ...(fleet ? fleetFaults(fleet) : [])];
      if (faults.length > 0) throw demoErrors.make('DEMO_LOST', faults.join('; '));
    };
    for (const name of ['greengrass', 'fleet']) await takeFolder(path.join(folder, name));
    const { compiled, outcome } = await runTour(
      context,
      { folder, count, nucleus, keep: keep && !withFleet, port },
      say,
      (made, measured) => {
        say(describeDevice(made, measured));
        if (!withFleet) tell(made, measured, undefined);
      },
    );
    if (!withFleet) return;
    const { samples } = await readDataset(SAMPLES);
    await runFleetTour({
      ...{ nucleus, samples, say, signal: context.signal },
      folder: path.join(folder, 'fleet'),
      archive: MODEL,
      samplesFile: SAMPLES,
      program: RUNTIME,
      progress: startProgress(context.stderr),
      keep: keep ? { port } : undefined,
      tell(fleet) {
        say(describeFleet(fleet));
        tell(compiled, outcome, fleet);
      },
    });
  },
};

interface TourOptions {
  readonly folder: string;
  readonly count: number;
  readonly nucleus: PersonalityName;
  /** Leave everything up at the end. */
  readonly keep: boolean;
  readonly port: number | undefined;
}

async function runTour(
  { stderr, signal }: CommandContext,
  { folder, count, nucleus, keep, port }: TourOptions,
  say: (text: string) => void,
  tell: (compiled: CompileOutcome, outcome: DemoOutcome) => void,
): Promise<{ compiled: CompileOutcome; outcome: DemoOutcome }> {
  const progress = startProgress(stderr);
  const closing: (() => Promise<unknown>)[] = [() => Promise.resolve(progress.stop())];
  try {
    const compiled = await runCompile(compileRequest(path.join(folder, 'bundle')), progress, signal);
    progress.stop();
    say(`1. Compiled ${path.basename(MODEL)}\n${describeOutcome(compiled)}\n`);

    const broker = await startBroker({ port: 0, host: '127.0.0.1' });
    closing.push(() => broker.close());
    const consumer = consume({
      broker: broker.url,
      clientId: 'demo-consumer',
      streams: ['result', 'stats', 'event', 'health'],
    });
    closing.push(() => consumer.close());
    const collector = new Collector(consumer);
    await consumer.ready;
    const link = new MqttLink({ url: broker.url, clientId: 'demo-sender', cleanSession: true, keepAliveSeconds: 30 });
    closing.push(() => link.close());
    const connected = new Promise<void>((resolve) => {
      link.onChange(({ state }) => state === 'connected' && resolve());
    });
    link.start();
    await connected;
    const dashboard = keep
      ? await openDemoPage({ broker: broker.url, bundle: compiled.bundle.folder, port })
      : undefined;
    if (dashboard) closing.push(() => dashboard.close());
    const deployment = {
      program: RUNTIME,
      folder: path.join(folder, 'greengrass'),
      nucleus,
      broker: broker.url,
      place: PLACE,
      configuration: { models: [compiled.bundle.folder], flushWaitMs: 5 },
    };
    const runtime = await deployRuntime(deployment);
    closing.push(() => runtime.close());
    say(`2. Started a broker at ${broker.url} and a Greengrass core (${nucleus}) that runs the device runtime\n\n`);
    say(`3. Answers as the typed consumer receives them (the first ${SHOWN_ANSWERS})\n`);
    let shown = 0;
    const { samples } = await readDataset(SAMPLES);
    const outcome = await runDemo({
      place: PLACE,
      link,
      collector,
      runtime,
      singles: singleTexts(samples),
      burst: burstTexts(samples, count),
      signal,
      onProgress: (step, done, total) => progress.update(step, done, total),
      onAnswer: (text, answer) => {
        if (shown++ >= SHOWN_ANSWERS) return;
        progress.stop();
        say(`   ${answerLine(text, answer)}\n`);
      },
    });
    progress.stop();
    tell(compiled, outcome);
    if (dashboard === undefined) return { compiled, outcome };
    await runtime.close();
    await takeFolder(deployment.folder);
    const kept = await deployRuntime({
      ...deployment,
      configuration: { ...deployment.configuration, includeText: true, heartbeatSeconds: 10, statsSeconds: 60 },
    });
    closing.push(() => kept.close());
    say(`The page is at ${dashboard.url}; the device runs again, and answers a text every moment.\nCtrl-C ends all.\n`);
    await keepAsking({ link, place: PLACE }, singleTexts(samples), signal, kept.ended);
    return { compiled, outcome };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

function nucleusOption(value: unknown): PersonalityName {
  const nucleus = textOption(value) ?? 'lite';
  if (nucleus === 'lite' || nucleus === 'java') return nucleus;
  throw demoErrors.make('DEMO_NUCLEUS_UNKNOWN', `--nucleus ${nucleus} is neither lite nor java`);
}

function compileRequest(out: string): Parameters<typeof runCompile>[0] {
  return {
    source: MODEL,
    out,
    name: 'intents-mini',
    version: '1.0.0',
    precision: 'int8',
    samples: [SAMPLES],
    rejectLabel: 'oos',
    keepFp32: [],
    smoothing: 'auto',
    maxLength: undefined,
    force: true,
  };
}

function answerLine({ text }: DemoText, { label, score, runnersUp, latencyMs, rejected }: AnsweredItem): string {
  const [next] = runnersUp;
  const short = text.length > SINGLE_COLUMNS.text ? `${text.slice(0, SINGLE_COLUMNS.text - 1)}…` : text;
  const other = rejected ? `not sure: ${rejected.bestLabel}` : `then ${next?.label ?? '–'}`;
  return [
    printable(short).padEnd(SINGLE_COLUMNS.text),
    printable(label).padEnd(SINGLE_COLUMNS.label),
    (rejected?.bestScore ?? score).toFixed(3),
    `${(latencyMs.queue + latencyMs.inference).toFixed(2)} ms`.padStart(8),
    ` (${printable(other)})`,
  ].join(' ');
}
