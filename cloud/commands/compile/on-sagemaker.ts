import path from 'node:path';
import { type Bundle, openBundle } from '../../../component/models/open-bundle.ts';
import { connectSources } from '../../aws/connect.ts';
import type { JobPorts } from '../../aws/connect-jobs.ts';
import { uriOf } from '../../aws/objects.ts';
import type { AwsSettings } from '../../aws/settings.ts';
import { assertUsable, replaceFolder } from '../../bundle/out-folder.ts';
import { fidelityRows, originRows } from '../../bundle/report.ts';
import { processingErrors } from '../../processing/errors.ts';
import { fetchOutput } from '../../processing/fetch-output.ts';
import type { JobSurroundings } from '../../processing/follow-job.ts';
import type { Program } from '../../processing/program.ts';
import { type FinishedJob, type JobPlaces, type JobSettings, runJob } from '../../processing/run-job.ts';
import { type Located, locate } from '../../source/locate.ts';
import { parseSource } from '../../source/parse-source.ts';
import type { CommandContext } from '../command.ts';
import type { CompileRequest } from '../compile.ts';
import { textOption } from '../options.ts';
import { renderTable } from '../table.ts';
import { checkName } from './model-name.ts';

/** Folder of the bundle in what the job leaves. */
const BUNDLE = 'bundle';

export interface CompiledByJob {
  readonly job: FinishedJob;
  readonly bundle: Bundle;
  readonly folder: string;
}

/** What the result depends on, beyond the command line. */
export interface FoundSource extends Located {
  readonly etag: string;
}

/** Where the model lies. @throws VergeError JOB_SOURCE_LOCAL, ORIGIN_…, AWS_… */
export async function findSource(
  source: CompileRequest['source'],
  settings: AwsSettings,
  signal: AbortSignal,
): Promise<FoundSource> {
  const parsed = typeof source === 'string' ? parseSource(source) : source;
  if (parsed.kind === 'path') throw processingErrors.make('JOB_SOURCE_LOCAL', `${parsed.path} is on this machine`);
  const ports = connectSources(settings);
  try {
    const located = await locate(parsed, ports, signal);
    const { etag } = await ports.objects.describe(located.place, signal);
    return { ...located, etag };
  } finally {
    ports.close();
  }
}

/**
 * The same compile as a Processing job: the command line of this Verge, with the same words, beside the data. The bundle
 * that it leaves is fetched, opened by its digests, and put in place in one rename.
 */
export async function compileOnSageMaker(
  request: CompileRequest,
  found: FoundSource,
  options: CommandContext['options'],
  program: Program,
  settings: JobSettings,
  ports: JobPorts,
  surroundings: JobSurroundings,
): Promise<CompiledByJob> {
  await assertUsable(request.out, request.force);
  if (request.name !== undefined) checkName(request.name);
  const job = await runJob(
    {
      verb: 'compile',
      decides: { place: found.place, etag: found.etag },
      files: { samples: request.samples },
      uris: {},
      words: (places) => wordsOf(request, found, options, places),
    },
    program,
    settings,
    ports,
    surroundings,
  );
  const folder = path.resolve(request.out);
  const bundle = await replaceFolder(request.out, request.force, async (partial) => {
    const output = { ...job.output, key: `${job.output.key}${BUNDLE}/` };
    await fetchOutput({ name: job.name, output }, partial, ports, surroundings);
    return openBundle(partial);
  });
  return { job, bundle, folder };
}

/** The same command line, as the job says it. */
function wordsOf(
  request: CompileRequest,
  { origin }: Located,
  options: CommandContext['options'],
  places: JobPlaces,
): readonly string[] {
  // The latest approved version of a group may be another by the time the job looks.
  const source = origin.modelPackage ? `model-package:${origin.modelPackage.arn}` : String(request.source);
  const given = (flag: string, value: unknown): string[] => {
    const text = textOption(value);
    return text === undefined ? [] : [flag, text];
  };
  return [
    ...['compile', source, '--out', places.output(BUNDLE), '--model-version', request.version],
    ...given('--name', request.name),
    ...given('--precision', options.precision),
    ...request.samples.flatMap((file) => ['--samples', places.input('samples', file)]),
    ...given('--reject-label', request.rejectLabel),
    ...given('--keep-fp32', options.keepFp32),
    ...given('--smoothing', options.smoothing),
    ...given('--max-length', options.maxLength),
    ...given('--top', options.top),
    ...given('--max-size', options.maxSize),
    ...given('--max-latency', options.maxLatency),
  ];
}

export function describeJobOutcome({ job, bundle: { manifest, digest }, folder }: CompiledByJob): string {
  const bytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const rows: [string, string][] = [
    [
      'model',
      `${manifest.name} ${manifest.version} (${manifest.provenance.modelType}, ${manifest.labels.length} labels)`,
    ],
    ['bundle', `${(bytes / 1e6).toFixed(1)} MB, ${manifest.graph.precision}`],
    ['compiled by', `${job.name} (its output is in ${uriOf(job.output)})`],
    ...originRows(manifest),
    ...fidelityRows(manifest),
  ];
  return [
    renderTable([], rows),
    `Wrote ${folder} (digest ${digest.slice(0, 12)}).`,
    `Next: verge classify ${folder} --text "…"`,
    '',
  ].join('\n');
}

/** What `--json` prints. */
export function jobOutcomeAsJson({ job, bundle: { manifest, digest }, folder }: CompiledByJob): object {
  const sizeBytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { name, arn, ran } = job;
  return { folder, digest, sizeBytes, job: { name, arn, ran, output: uriOf(job.output) }, manifest };
}
