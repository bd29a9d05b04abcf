import { VergeError } from '../../component/contract/error.ts';
import { modelVersionSchema } from '../../component/contract/manifest.ts';
import { createTokenizer, padTokenIdOf } from '../../component/text/create-tokenizer.ts';
import { vergeVersion } from '../../component/version.ts';
import { connectSources, type SourcePorts } from '../aws/connect.ts';
import { readAwsSettings } from '../aws/settings.ts';
import { assertUsable } from '../bundle/out-folder.ts';
import { type WrittenBundle, writeBundle } from '../bundle/write-bundle.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { type CompiledModel, compileGraph } from '../compile/compile.ts';
import { compileErrors } from '../compile/errors.ts';
import { buildGraph } from '../compile/families/build-graph.ts';
import { importErrors } from '../compile/passes/import/errors.ts';
import { importModel, weightsOf } from '../compile/passes/import/import-model.ts';
import { builtInSamples } from '../dataset/built-in-samples.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { readDatasets } from '../dataset/read-dataset.ts';
import { type OpenedSource, openSource } from '../source/open-source.ts';
import type { ModelSource } from '../source/parse-source.ts';
import type { Command, CommandContext } from './command.ts';
import { compileByJobs } from './compile/by-jobs.ts';
import { asComparedJson, describeCompared } from './compile/compared-report.ts';
import { compileBest, readCompetition } from './compile/compile-best.ts';
import { asModelName, checkName, defaultName } from './compile/model-name.ts';
import { neoOptionSpecs, readNeo } from './compile/neo.ts';
import { asJson, describeOutcome } from './compile/report.ts';
import { commandErrors } from './errors.ts';
import { jobOptionSpecs, runsOnSageMaker } from './job-options.ts';
import { integerOption, listOption, numberOption, textOption } from './options.ts';
import { type Progress, startProgress } from './progress.ts';

/** What a user may say of a compile, as code uses it. */
export interface CompileRequest {
  readonly source: string | ModelSource;
  readonly out: string;
  readonly name: string | undefined;
  readonly version: string;
  readonly precision: 'int8' | 'fp32';
  /** Files of texts, taken together; none for the built-in ones. */
  readonly samples: readonly string[];
  readonly rejectLabel: string | undefined;
  readonly keepFp32: readonly string[];
  readonly smoothing: number | 'auto';
  readonly maxLength: number | undefined;
  readonly force: boolean;
}

export interface CompileOutcome {
  readonly bundle: WrittenBundle;
  readonly compiled: CompiledModel;
  readonly warnings: readonly string[];
}

export const compileCommand: Command = {
  name: 'compile',
  summary: 'Turn a SageMaker training output into a quantised ONNX bundle, proven against fp32',
  arguments: [
    {
      name: 'source',
      description:
        'model.tar.gz, a folder, a .safetensors beside its config.json, s3://BUCKET/KEY, training-job:NAME, ' +
        'tuning-job:NAME (its best job), model-package:ARN, or model-package:GROUP (its latest approved version)',
    },
  ],
  options: [
    { flags: '--out <folder>', description: 'folder of the bundle', required: true },
    { flags: '--name <name>', description: 'model name; default: from the source' },
    { flags: '--model-version <semver>', description: 'version of the model; default: 1.0.0' },
    { flags: '--precision <kind>', description: 'int8 (default) or fp32' },
    {
      flags: '--samples <file>',
      description: 'texts like the real ones, with or without labels (.tsv, .csv, .jsonl, .txt); may be repeated',
      repeatable: true,
    },
    {
      flags: '--reject-label <label>',
      description: 'label that answers what is out of scope; fits a threshold on the samples',
    },
    { flags: '--keep-fp32 <layers>', description: 'comma-separated layers that stay in fp32' },
    {
      flags: '--smoothing <alpha>',
      description: 'activation smoothing: auto (default; kept where it lowers the error), or a strength, 0 (off) to 1',
    },
    { flags: '--max-length <tokens>', description: 'cut texts at fewer tokens than the model allows' },
    {
      flags: '--top <count>',
      description: 'of a tuning job, compile this many of its best jobs and keep the best bundle',
    },
    { flags: '--max-size <megabytes>', description: 'with --top: a bundle that is larger does not count' },
    {
      flags: '--max-latency <milliseconds>',
      description: 'with --top: nor one that takes longer for nine of ten texts, alone, on this machine',
    },
    ...jobOptionSpecs,
    ...neoOptionSpecs,
    { flags: '--force', description: 'replace the folder if it is there' },
  ],
  examples: [
    'verge compile model.tar.gz --out bundle',
    'verge compile training-job:intents-2026-11-24 --out bundle',
    'verge compile tuning-job:intents --top 3 --max-size 20 --samples val.tsv --out bundle',
    'verge compile model-package:intents --out bundle --json',
    'verge compile training-job:intents --out bundle --on sagemaker --image node:20 --role arn:aws:iam::…:role/…',
    'verge compile model.tar.gz --out bundle --samples val.tsv --samples oos_val.tsv --reject-label oos',
  ],
  async run(context) {
    const request = readCompileRequest(context);
    const progress = startProgress(context.stderr);
    try {
      const neo = readNeo(context);
      if (neo || runsOnSageMaker(context.options)) return await compileByJobs(request, neo, context, progress);
      const connect = (): SourcePorts => connectSources(readAwsSettings(context.environment));
      const competition = readCompetition(request, context.options);
      if (competition) {
        const compared = await compileBest(request, competition, { progress, signal: context.signal, connect });
        progress.stop();
        context.stdout.write(
          context.json ? `${JSON.stringify(asComparedJson(compared), null, 2)}\n` : describeCompared(compared),
        );
        return;
      }
      const outcome = await runCompile(request, progress, context.signal, connect);
      progress.stop();
      context.stdout.write(context.json ? `${JSON.stringify(asJson(outcome), null, 2)}\n` : describeOutcome(outcome));
    } finally {
      progress.stop();
    }
  },
};

/**
 * Fetches where it must, opens, compiles, proves and packs; used by the command and by the demo.
 * @param connect asked for where the source is in AWS
 */
export async function runCompile(
  request: CompileRequest,
  progress: Progress,
  signal?: AbortSignal,
  connect: () => SourcePorts = () => connectSources({}),
): Promise<CompileOutcome> {
  await assertUsable(request.out, request.force);
  if (request.name !== undefined) checkName(request.name);
  const samples = request.samples.length === 0 ? undefined : await readDatasets(request.samples);
  const fetched = await openSource(request.source, connect, {
    signal,
    onProgress: (bytes, total) => progress.update('fetch the model', bytes, total),
  });
  try {
    return await compileSource(fetched, request, samples, progress, signal);
  } finally {
    await fetched.close();
  }
}

async function compileSource(
  source: OpenedSource,
  request: CompileRequest,
  samples: Dataset | undefined,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<CompileOutcome> {
  const name = checkName(request.name ?? asModelName(source.name ?? defaultName(source.path)));
  /** Each step begins only where nobody has asked to stop. */
  const step: Progress['update'] = (...told) => {
    signal?.throwIfAborted();
    progress.update(...told);
  };
  step('open the checkpoint');
  const checkpoint = await openCheckpoint(source.path, {
    ...(request.maxLength === undefined ? {} : { maxLength: request.maxLength }),
    ...(signal ? { signal } : {}),
  });
  try {
    const tokenizer = createTokenizer(checkpoint.tokenizerJson);
    step('build the graph');
    const graph =
      checkpoint.onnxPath === undefined
        ? buildGraph(checkpoint)
        : await importModel(checkpoint.onnxPath, { task: checkpoint.task, labelCount: checkpoint.labels.length });
    const padTokenId = padTokenOf(checkpoint);
    const compile = compileGraph(
      graph,
      { ...checkpoint, padTokenId },
      tokenizer,
      {
        precision: request.precision,
        keepFp32: request.keepFp32,
        smoothing: request.smoothing,
        rejectLabel: request.rejectLabel,
        samples: samples ?? { samples: builtInSamples.map((text) => ({ text })), labelled: false },
        samplesKind: samples ? 'user' : 'built-in',
      },
      step,
    );
    const compiled = await (checkpoint.onnxPath === undefined ? compile : compile.catch(blameImport));
    step('pack the bundle');
    const bundle = await writeBundle(
      request.out,
      compiled,
      checkpoint.onnxPath === undefined ? checkpoint : { ...checkpoint, ...weightsOf(graph) },
      tokenizer,
      padTokenId,
      { name, version: request.version, vergeVersion, origin: source.origin },
      request.force,
    );
    return { bundle, compiled, warnings: [...checkpoint.warnings, ...compiled.warnings] };
  } finally {
    await checkpoint.close();
  }
}

/** A graph that does not run is the fault of whoever made it. */
function blameImport(error: unknown): never {
  if (!(error instanceof VergeError) || error.code !== 'COMPILE_GRAPH_UNRUNNABLE') throw error;
  throw importErrors.make('IMPORT_UNRUNNABLE', `model.onnx: ${error.what}`, error);
}

function readCompileRequest({ arguments: [source = ''], options }: CommandContext): CompileRequest {
  const precision = textOption(options.precision) ?? 'int8';
  if (precision !== 'int8' && precision !== 'fp32') {
    throw commandErrors.make('COMMAND_OPTION_INVALID', `--precision ${precision} is neither int8 nor fp32`);
  }
  const version = textOption(options.modelVersion) ?? '1.0.0';
  if (!modelVersionSchema.safeParse(version).success) {
    throw compileErrors.make('COMPILE_VERSION_INVALID', `${JSON.stringify(version)} is no version`);
  }
  return {
    source,
    out: textOption(options.out) ?? '',
    name: textOption(options.name),
    version,
    precision,
    samples: listOption(options.samples),
    rejectLabel: textOption(options.rejectLabel),
    keepFp32: (textOption(options.keepFp32) ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
    smoothing: options.smoothing === 'auto' ? 'auto' : (numberOption(options.smoothing, '--smoothing', 0, 1) ?? 'auto'),
    maxLength: integerOption(options.maxLength, '--max-length', 2, 8192),
    force: options.force === true,
  };
}

function padTokenOf(checkpoint: Checkpoint): number {
  const configured = checkpoint.config.pad_token_id;
  return typeof configured === 'number' && Number.isInteger(configured) && configured >= 0
    ? configured
    : padTokenIdOf(checkpoint.tokenizerJson);
}
