import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { VergeError } from '../../../component/contract/error.ts';
import type { SourcePorts } from '../../aws/connect.ts';
import type { TunedJob } from '../../aws/training-jobs.ts';
import { replaceFolder } from '../../bundle/out-folder.ts';
import { builtInSamples } from '../../dataset/built-in-samples.ts';
import { readDatasets } from '../../dataset/read-dataset.ts';
import { finishedTuning } from '../../source/locate.ts';
import { type ModelSource, parseSource } from '../../source/parse-source.ts';
import type { CommandContext } from '../command.ts';
import { type CompileOutcome, type CompileRequest, runCompile } from '../compile.ts';
import { commandErrors } from '../errors.ts';
import { integerOption, numberOption } from '../options.ts';
import type { Progress } from '../progress.ts';
import { measureLatency } from './measure-latency.ts';
import { checkName } from './model-name.ts';

const MAX_TOP = 20;

/** Who competes, and within which bounds. */
export interface Competition {
  readonly tuning: Extract<ModelSource, { kind: 'tuning-job' }>;
  readonly top: number;
  readonly maxBytes: number | undefined;
  readonly maxLatencyMs: number | undefined;
}

/** One job's bundle, measured; or why there is none. */
export interface Candidate {
  readonly job: TunedJob;
  readonly outcome: CompileOutcome | undefined;
  /** Milliseconds within which nine of ten texts are answered alone, on this machine. */
  readonly latencyMs: number | undefined;
  /** Why it doesn't count; undefined where it does. */
  readonly out: string | undefined;
}

export interface Compared {
  readonly chosen: CompileOutcome;
  readonly job: TunedJob;
  readonly candidates: readonly Candidate[];
}

export interface Surroundings {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly connect: () => SourcePorts;
}

/** What the options say of a comparison; undefined where they say nothing. @throws VergeError COMMAND_OPTION_INVALID */
export function readCompetition(request: CompileRequest, options: CommandContext['options']): Competition | undefined {
  const top = integerOption(options.top, '--top', 1, MAX_TOP);
  const megabytes = numberOption(options.maxSize, '--max-size', 0.001, 100_000);
  const maxLatencyMs = numberOption(options.maxLatency, '--max-latency', 0.001, 1_000_000);
  if (top === undefined) {
    if (megabytes === undefined && maxLatencyMs === undefined) return undefined;
    throw commandErrors.make(
      'COMMAND_OPTION_INVALID',
      '--max-size and --max-latency choose among jobs, and so need --top',
    );
  }
  const tuning = typeof request.source === 'string' ? parseSource(request.source) : request.source;
  if (tuning.kind !== 'tuning-job') {
    throw commandErrors.make('COMMAND_OPTION_INVALID', '--top goes with tuning-job:NAME alone');
  }
  return { tuning, top, maxBytes: megabytes === undefined ? undefined : megabytes * 1e6, maxLatencyMs };
}

/**
 * Compiles the best jobs of a tuning job one after the other and keeps the bundle that is most accurate on the user's
 * labelled samples, else the one whose job reached the best objective, among those within the bounds.
 * @throws VergeError COMMAND_BUDGET_UNMET where none is, and what a compile throws that isn't the model's own fault
 */
export async function compileBest(
  request: CompileRequest,
  competition: Competition,
  surroundings: Surroundings,
): Promise<Compared> {
  if (request.name !== undefined) checkName(request.name);
  const texts = await textsOf(request);
  const jobs = await listJobs(competition, surroundings);
  return replaceFolder(request.out, request.force, async (folder) => {
    const candidates: Candidate[] = [];
    for (const [index, job] of jobs.entries()) {
      const source = { ...competition.tuning, rank: index + 1 };
      const out = path.join(folder, `candidate-${source.rank}`);
      candidates.push(await tryJob({ ...request, source, out }, job, texts, competition, surroundings));
    }
    const winner = choose(candidates);
    if (!winner?.outcome) throw unmet(candidates);
    const { bundle } = winner.outcome;
    for (const { name } of [...bundle.manifest.files, { name: 'manifest.json' }]) {
      await rename(path.join(bundle.folder, name), path.join(folder, name));
    }
    for (const index of jobs.keys())
      await rm(path.join(folder, `candidate-${index + 1}`), { recursive: true, force: true });
    const chosen = { ...winner.outcome, bundle: { ...bundle, folder: path.resolve(request.out) } };
    return { chosen, job: winner.job, candidates };
  });
}

async function listJobs({ tuning, top }: Competition, { connect, signal }: Surroundings): Promise<TunedJob[]> {
  const ports = connect();
  try {
    return await ports.trainingJobs.best(await finishedTuning(tuning.name, ports, signal), top, signal);
  } finally {
    ports.close();
  }
}

/** What latency is measured with: the user's texts, else the built-in ones. */
async function textsOf({ samples }: CompileRequest): Promise<readonly string[]> {
  if (samples.length === 0) return builtInSamples;
  return (await readDatasets(samples)).samples.map(({ text }) => text);
}

async function tryJob(
  request: CompileRequest,
  job: TunedJob,
  texts: readonly string[],
  { maxBytes, maxLatencyMs }: Competition,
  { progress, signal, connect }: Surroundings,
): Promise<Candidate> {
  const told: Progress = {
    ...progress,
    update: (step, ...counted) => progress.update(`${job.name}: ${step}`, ...counted),
  };
  let outcome: CompileOutcome;
  try {
    outcome = await runCompile(request, told, signal, connect);
  } catch (error) {
    // Of models that int8 breaks, or that this compiler doesn't know, others may be fine.
    if (
      !(error instanceof VergeError) ||
      error.fault !== 'user' ||
      /^(AWS|BUNDLE|COMMAND|DISK|ORIGIN|TEMPORARY)_/.test(error.code)
    )
      throw error;
    return { job, outcome: undefined, latencyMs: undefined, out: error.what };
  }
  const { bundle } = outcome;
  told.update('measure the latency');
  const latencyMs = await measureLatency(bundle.folder, texts, signal);
  const out =
    maxBytes !== undefined && bundle.sizeBytes > maxBytes
      ? `larger than ${maxBytes / 1e6} MB`
      : maxLatencyMs !== undefined && latencyMs > maxLatencyMs
        ? `slower than ${maxLatencyMs} ms`
        : undefined;
  return { job, outcome, latencyMs, out };
}

/** The first of the most accurate; candidates come in the order of their objective. */
function choose(candidates: readonly Candidate[]): Candidate | undefined {
  const accuracyOf = ({ outcome }: Candidate): number => outcome?.bundle.manifest.fidelity?.accuracy ?? 0;
  return candidates
    .filter(({ out }) => out === undefined)
    .reduce<Candidate | undefined>(
      (best, one) => (!best || accuracyOf(one) > accuracyOf(best) ? one : best),
      undefined,
    );
}

function unmet(candidates: readonly Candidate[]): VergeError {
  const each = candidates.map(({ job, out }) => `${job.name} is ${out}`);
  const what =
    candidates.length === 0 ? 'No job reached an objective' : `No bundle is within the bounds: ${each.join('; ')}`;
  return commandErrors.make('COMMAND_BUDGET_UNMET', what);
}
