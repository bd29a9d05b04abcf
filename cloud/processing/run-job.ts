import path from 'node:path';
import type { JobPorts } from '../aws/connect-jobs.ts';
import type { JobState } from '../aws/job-state.ts';
import type { ProcessingOrder } from '../aws/processing-jobs.ts';
import { processingErrors } from './errors.ts';
import { followJob, type JobSurroundings } from './follow-job.ts';
import { jobName, nthName } from './job-name.ts';
import { digestOf, type Program } from './program.ts';

/** How jobs are run, whatever they do. */
export interface JobSettings {
  readonly image: string;
  readonly role: string;
  readonly instanceType: string;
  readonly bucket: string;
  readonly kmsKey: string | undefined;
  /** Default: named by what decides the result. */
  readonly name: string | undefined;
}

/** A file whose name in the container matters; others are numbered, so that two of one name stay two. */
export interface NamedFile {
  readonly file: string;
  readonly name: string;
}

/** One run of the command line in a container. */
export interface JobRequest {
  readonly verb: string;
  /** What the result depends on, beside the program, the image, the words and the files. */
  readonly decides: object;
  /** Files of this machine that it needs, by the name of their input. */
  readonly files: Readonly<Record<string, readonly (string | NamedFile)[]>>;
  /** What is in S3 already, by the name of its input: an object, or everything below an address. */
  readonly uris: Readonly<Record<string, string>>;
  /** Words behind `verge`. @param places where inputs and the output lie in the container */
  words(places: JobPlaces): readonly string[];
}

export interface JobPlaces {
  folder(input: string): string;
  /** A file of an input. */
  input(name: string, file: string): string;
  output(name: string): string;
}

export interface FinishedJob {
  readonly name: string;
  readonly arn: string;
  /** False where an earlier run had it done. */
  readonly ran: boolean;
  /** Folder in S3 with what came out. */
  readonly output: { readonly bucket: string; readonly key: string };
}

const HOME = '/opt/ml/processing';
const PREFIX = 'verge/jobs/';
const MAX_WORD_LENGTH = 256;
const MAX_TRIES = 20;
const VOLUME_GIGABYTES = 30;
const MAX_SECONDS = 6 * 3600;

/**
 * Runs the command line as a SageMaker Processing job and waits for it. The same request finds the job that it started
 * before, running or done; one that failed is started anew, under the next name.
 * @throws VergeError JOB_…, AWS_…; the signal's reason when aborted: the job then runs on, and `surroundings.say` says so
 */
export async function runJob(
  request: JobRequest,
  program: Program,
  settings: JobSettings,
  ports: JobPorts,
  surroundings: JobSurroundings,
): Promise<FinishedJob> {
  const { image, instanceType, bucket } = settings;
  const own = ownFilesOf(request);
  const words = checkedWords(request, own);
  const files = await digestOf(own);
  const usual = jobName(request.verb, { ...request.decides, words, files, program: program.digest, image });
  const { name, found } = await chooseName(settings.name, usual, ports);
  const output = { bucket, key: `${PREFIX}${name}/output/` };
  let ended = found;
  if (found?.state !== 'completed') {
    if (!found) {
      const order = await orderOf({ name, request, own, words, program, settings }, ports, surroundings);
      surroundings.progress('start the job');
      await ports.processing.start(order);
      surroundings.say(`Started the processing job ${name} on ${instanceType}.`);
    } else surroundings.say(`The processing job ${name} is under way already.`);
    const stop = `aws sagemaker stop-processing-job --processing-job-name ${name}`;
    const look = (): Promise<JobState | undefined> => ports.processing.find(name);
    ended = await followJob({ name, kind: 'processing job', stop, look, logs: ports.logs(name) }, surroundings);
  } else surroundings.say(`The processing job ${name} is done already.`);
  return { name, arn: ended?.arn ?? '', ran: found?.state !== 'completed', output };
}

async function chooseName(
  given: string | undefined,
  usual: string,
  { processing }: JobPorts,
): Promise<{ readonly name: string; readonly found: JobState | undefined }> {
  for (let n = 1; n <= MAX_TRIES; n += 1) {
    const name = given ?? nthName(usual, n);
    const found = await processing.find(name);
    if (found?.state !== 'failed' && found?.state !== 'stopped') return { name, found };
    if (given !== undefined) {
      const why = found.reason === '' ? '' : ` (${found.reason})`;
      throw processingErrors.make('JOB_NAME_SPENT', `The processing job ${given} is ${found.status}${why}`);
    }
  }
  throw processingErrors.make('JOB_NAME_SPENT', `The processing job ${usual} has failed ${MAX_TRIES} times`);
}

interface OwnFile {
  readonly input: string;
  readonly file: string;
  /** In the folder of the input. */
  readonly name: string;
}

function ownFilesOf({ files }: JobRequest): readonly OwnFile[] {
  return Object.entries(files).flatMap(([input, list]) =>
    list.map((file, index) =>
      typeof file === 'string' ? { input, file, name: numbered(file, index) } : { input, ...file },
    ),
  );
}

/** What a file is called in its input's folder, where no other name is given. */
export function numbered(file: string, index: number): string {
  return `${index + 1}-${path.basename(file)}`;
}

function folderOf(input: string): string {
  return `${HOME}/input/${input}`;
}

function checkedWords(request: JobRequest, own: readonly OwnFile[]): readonly string[] {
  const words = request.words({
    folder: folderOf,
    input: (input, file) => `${folderOf(input)}/${own.find((one) => one.input === input && one.file === file)?.name}`,
    output: (file) => `${HOME}/output/${file}`,
  });
  const tooLong = words.find((word) => word.length > MAX_WORD_LENGTH);
  if (tooLong === undefined) return words;
  const what = `${JSON.stringify(`${tooLong.slice(0, 60)}…`)} has ${tooLong.length} characters; a job takes ${MAX_WORD_LENGTH}`;
  throw processingErrors.make('JOB_ARGUMENT_TOO_LONG', what);
}

interface WholeOrder {
  readonly name: string;
  readonly request: JobRequest;
  readonly own: readonly OwnFile[];
  readonly words: readonly string[];
  readonly program: Program;
  readonly settings: JobSettings;
}

/** Uploads what isn't there yet. */
async function orderOf(
  { name, request, own, words, program, settings }: WholeOrder,
  { files }: JobPorts,
  { progress }: JobSurroundings,
): Promise<ProcessingOrder> {
  const { image, role, instanceType, bucket, kmsKey } = settings;
  const programKey = `${PREFIX}program/${program.digest.slice(0, 40)}/`;
  for (const [index, { file, name: inside, sizeBytes }] of program.files.entries()) {
    progress('upload the program', index, program.files.length);
    const place = { bucket, key: `${programKey}${inside}` };
    if (!(await files.has(place, sizeBytes))) await files.upload(file, place);
  }
  for (const { input, file, name: inside } of own) {
    progress('upload the inputs');
    await files.upload(file, { bucket, key: `${PREFIX}${name}/input/${input}/${inside}` });
  }
  const inputs = [
    { name: 'program', uri: `s3://${bucket}/${programKey}` },
    ...[...new Set(own.map(({ input }) => input))].map((input) => ({
      name: input,
      uri: `s3://${bucket}/${PREFIX}${name}/input/${input}/`,
    })),
    ...Object.entries(request.uris).map(([input, uri]) => ({ name: input, uri })),
  ];
  return {
    ...{ name, image, role, instanceType, kmsKey },
    volumeGigabytes: VOLUME_GIGABYTES,
    maxSeconds: MAX_SECONDS,
    inputs: inputs.map((input) => ({ ...input, folder: folderOf(input.name) })),
    output: { name: 'output', uri: `s3://${bucket}/${PREFIX}${name}/output/`, folder: `${HOME}/output` },
    command: ['node', `${folderOf('program')}/cloud/verge.js`, ...words],
    environment: {},
  };
}
