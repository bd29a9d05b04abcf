import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLE_FILES } from '../../../component/contract/manifest.ts';
import { type Bundle, openBundle } from '../../../component/models/open-bundle.ts';
import type { JobPorts } from '../../aws/connect-jobs.ts';
import { uriOf } from '../../aws/objects.ts';
import { batchErrors } from '../../batch/errors.ts';
import type { Input } from '../../batch/find-inputs.ts';
import { outName, type Planned } from '../../batch/plan-outputs.ts';
import { exists, lockOutput, workFilesOf } from '../../batch/work.ts';
import { processingErrors } from '../../processing/errors.ts';
import type { JobSurroundings } from '../../processing/follow-job.ts';
import type { Program } from '../../processing/program.ts';
import { type FinishedJob, type JobPlaces, type JobSettings, numbered, runJob } from '../../processing/run-job.ts';
import { download } from '../../source/download/download.ts';
import type { CommandContext } from '../command.ts';
import { textOption } from '../options.ts';

/** Folder of the outputs in what the job leaves. */
const ANSWERS = 'answers';

export interface BatchRequest {
  readonly bundle: string;
  /** As the user named them; what is in S3 is read there by the job. */
  readonly named: readonly string[];
  readonly planned: readonly Planned[];
  readonly options: CommandContext['options'];
}

export interface ClassifiedByJob {
  readonly job: FinishedJob;
  readonly files: readonly { readonly input: string; readonly output: string }[];
}

/**
 * The same batch as a Processing job: the command line of this Verge beside the texts in S3, with the bundle and the files
 * of this machine uploaded. Each output is fetched and takes its name in one rename.
 * @throws VergeError BATCH_OUT_… before anything is sent; BUNDLE_…, JOB_…, AWS_…
 */
export async function classifyOnSageMaker(
  request: BatchRequest,
  program: Program,
  settings: JobSettings,
  ports: JobPorts,
  surroundings: JobSurroundings,
): Promise<ClassifiedByJob> {
  const { named, planned, options } = request;
  const releases: (() => void)[] = [];
  try {
    for (const { out } of planned) {
      releases.push(await lockOutput(out));
      if (options.force !== true && (await exists(out)))
        throw batchErrors.make('BATCH_OUT_EXISTS', `${out} exists already`);
    }
    const names = namesInJob(planned);
    const bundle = await openBundle(request.bundle);
    const uris = [...new Set(named.filter((name) => name.startsWith('s3://')))];
    const job = await runJob(
      {
        verb: 'classify',
        decides: { objects: await versionsOf(planned, uris, ports) },
        files: {
          bundle: filesOf(bundle),
          texts: planned.flatMap(({ input }) => (input.place ? [] : [input.name])),
        },
        uris: {},
        words: (places) => wordsOf(request, uris, names, places),
      },
      program,
      settings,
      ports,
      surroundings,
    );
    await fetchAnswers(job, planned, names, ports, surroundings);
    return { job, files: planned.map(({ input, out }) => ({ input: input.name, output: out })) };
  } finally {
    for (const release of releases) release();
  }
}

/** What each output is called in the job. @throws VergeError BATCH_OUT_INVALID where two would be called alike */
function namesInJob(planned: readonly Planned[]): readonly string[] {
  const [only] = planned;
  if (only && planned.length === 1) return [`${ANSWERS}${path.extname(only.out)}`];
  const taken = new Map<string, Input>();
  let own = 0;
  return planned.map(({ input }) => {
    const { name, kind, place } = input;
    const inJob = outName(place ? input : { kind, relative: numbered(name, own++) });
    const other = taken.get(inJob);
    if (other) {
      const what = `${other.name} and ${name} would both be ${inJob} in the job, and so cannot be in one`;
      throw batchErrors.make('BATCH_OUT_INVALID', what);
    }
    taken.set(inJob, input);
    return inJob;
  });
}

/** What the engine needs, and what it is checked by. */
function filesOf({ folder, manifest }: Bundle): readonly { readonly file: string; readonly name: string }[] {
  const names = [BUNDLE_FILES.manifest, ...manifest.files.map(({ name }) => name)];
  return names.map((name) => ({ file: path.join(folder, name), name }));
}

/** Other bytes at the same address are another job. */
async function versionsOf(
  planned: readonly Planned[],
  uris: readonly string[],
  { files }: JobPorts,
): Promise<readonly string[]> {
  const wanted = new Set(planned.flatMap(({ input }) => (input.place ? [input.name] : [])));
  const found = new Set<string>();
  for (const uri of uris) {
    const [, bucket = '', prefix = ''] = uri.match(/^s3:\/\/([^/]*)\/?(.*)$/s) ?? [];
    for (const { key, etag } of await files.list({ bucket, key: prefix })) {
      const name = uriOf({ bucket, key });
      if (wanted.has(name)) found.add(`${name} ${etag}`);
    }
  }
  return [...found].sort();
}

function wordsOf(
  { planned, options }: BatchRequest,
  uris: readonly string[],
  names: readonly string[],
  places: JobPlaces,
): readonly string[] {
  const given = (flag: string, value: unknown): string[] => {
    const text = textOption(value);
    return text === undefined ? [] : [flag, text];
  };
  const own = planned.filter(({ input }) => !input.place);
  const [only] = own;
  const texts =
    only && planned.length === 1 ? places.input('texts', only.input.name) : own.length > 0 && places.folder('texts');
  const [name = ''] = names;
  return [
    ...['classify', places.folder('bundle'), ...(texts ? ['--in', texts] : [])],
    ...uris.flatMap((uri) => ['--in', uri]),
    ...['--out', places.output(planned.length === 1 ? name : `${ANSWERS}/`)],
    ...given('--column', options.column),
    ...given('--top', options.top),
    ...given('--workers', options.workers),
    ...given('--threads', options.threads),
  ];
}

async function fetchAnswers(
  { name: job, output }: FinishedJob,
  planned: readonly Planned[],
  names: readonly string[],
  { files, objects }: JobPorts,
  { signal, progress }: JobSurroundings,
): Promise<void> {
  const left = new Set((await files.list(output)).map(({ key }) => key));
  const prefix = planned.length === 1 ? output.key : `${output.key}${ANSWERS}/`;
  const places = names.map((name) => ({ bucket: output.bucket, key: `${prefix}${name}` }));
  const missing = places.find(({ key }) => !left.has(key));
  if (missing) throw processingErrors.make('JOB_OUTPUT_MISSING', `The job ${job} left nothing in ${uriOf(missing)}`);
  for (const [index, { out }] of planned.entries()) {
    const place = places[index];
    if (place === undefined) continue;
    progress('fetch the answers', index, planned.length);
    const { assembled } = workFilesOf(out);
    try {
      await rm(assembled, { force: true });
      await download(objects, place, assembled, { signal });
      await rename(assembled, out);
    } finally {
      await rm(assembled, { force: true });
    }
  }
}

export function describeJob({ job, files }: ClassifiedByJob): string {
  const [first] = files;
  const what = files.length === 1 && first ? first.output : `${files.length} files`;
  return `${what}, answered by ${job.name} (its output is in ${uriOf(job.output)}).\n`;
}

/** What `--json` prints. */
export function jobAsJson({ job: { name, arn, ran, output }, files }: ClassifiedByJob): object {
  return { job: { name, arn, ran, output: uriOf(output) }, files };
}
