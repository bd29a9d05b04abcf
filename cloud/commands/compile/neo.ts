import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../../component/contract/manifest.ts';
import type { JobPorts } from '../../aws/connect-jobs.ts';
import { uriOf } from '../../aws/objects.ts';
import { replaceFile } from '../../bundle/replace-file.ts';
import type { JobSurroundings } from '../../processing/follow-job.ts';
import { type FinishedCompilation, runCompilation } from '../../processing/run-compilation.ts';
import { download } from '../../source/download/download.ts';
import { parseS3Uri } from '../../source/parse-source.ts';
import type { CommandContext, OptionSpec } from '../command.ts';
import { commandErrors } from '../errors.ts';
import { readRole } from '../job-options.ts';
import { textOption } from '../options.ts';
import type { FoundSource } from './on-sagemaker.ts';

export const neoOptionSpecs: readonly OptionSpec[] = [
  {
    flags: '--neo <target>',
    description: 'let SageMaker Neo compile the artifact too, for a target device such as rasp4b; needs --role',
  },
  { flags: '--neo-framework <name:version>', description: 'what Neo takes the artifact for; default: PYTORCH:1.13' },
  {
    flags: '--neo-shapes <json>',
    description: "names and shapes of its inputs; default: the tokenizer's, one text at full length",
  },
];

export interface NeoRequest {
  readonly target: string;
  readonly framework: string;
  readonly frameworkVersion: string | undefined;
  readonly shapes: string | undefined;
  readonly role: string;
}

/** Undefined where the command line says nothing of Neo. @throws VergeError COMMAND_OPTION_INVALID */
export function readNeo(context: Pick<CommandContext, 'options' | 'environment'>): NeoRequest | undefined {
  const { options } = context;
  const target = textOption(options.neo);
  if (target === undefined) return undefined;
  if (!/^[a-z0-9_]{2,40}$/.test(target)) {
    throw commandErrors.make('COMMAND_OPTION_INVALID', `--neo ${target} is no target device, such as rasp4b or ml_c5`);
  }
  if (options.top !== undefined) {
    throw commandErrors.make(
      'COMMAND_OPTION_INVALID',
      "--neo compiles one job's artifact, and so does not go with --top",
    );
  }
  const [framework = '', frameworkVersion] = (textOption(options.neoFramework) ?? 'PYTORCH:1.13').split(':');
  const shapes = textOption(options.neoShapes);
  if (shapes !== undefined) checkShapes(shapes);
  return { target, framework: framework.toUpperCase(), frameworkVersion, shapes, role: readRole(context) };
}

function checkShapes(shapes: string): void {
  try {
    const value: unknown = JSON.parse(shapes);
    if (typeof value === 'object' && value !== null) return;
  } catch {
    // said below
  }
  throw commandErrors.make('COMMAND_OPTION_INVALID', `--neo-shapes ${shapes} is no JSON of names and shapes`);
}

export interface NeoOutcome {
  readonly job: FinishedCompilation;
  readonly file: string;
}

/** Has the artifact compiled by Neo, and fetches what comes out beside the bundle. */
export async function compileWithNeo(
  neo: NeoRequest,
  found: FoundSource,
  { maxLength }: Manifest,
  out: string,
  bucket: string,
  ports: JobPorts,
  surroundings: JobSurroundings,
): Promise<NeoOutcome> {
  const shape = [1, maxLength];
  const order = {
    role: neo.role,
    artifact: uriOf(found.place),
    framework: neo.framework,
    frameworkVersion: neo.frameworkVersion,
    target: neo.target,
    inputShapes: neo.shapes ?? JSON.stringify({ input_ids: shape, attention_mask: shape }),
    output: `s3://${bucket}/verge/neo/`,
  };
  const job = await runCompilation(order, found.etag, ports, surroundings);
  const place = parseS3Uri(job.artifact);
  const folder = `${path.resolve(out)}.neo`;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, path.posix.basename(place.key));
  await replaceFile(file, async (draft) => {
    await download(ports.objects, place, draft, {
      signal: surroundings.signal,
      onProgress: (bytes, total) => surroundings.progress("fetch Neo's artifact", bytes, total),
    });
  });
  return { job, file };
}

/** The report that a person reads. */
export function describeNeo({ job, file }: NeoOutcome): string {
  return [
    `Neo (${job.name}) wrote ${file}.`,
    "That file is for a runtime of Neo's (DLR), which Verge has not: the device half runs the ONNX model of the bundle.",
    '',
  ].join('\n');
}
