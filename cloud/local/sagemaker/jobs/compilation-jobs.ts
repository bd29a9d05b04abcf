/**
 * Compilation jobs, as far as their life goes: the artifact must be there, and a file that says plainly what it is comes
 * out, where Neo's would.
 *
 * What it does not do: compile. It looks into no artifact, refuses none, knows no devices and frameworks, and is done at
 * once.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import type {
  CreateCompilationJobRequest,
  DescribeCompilationJobRequest,
  DescribeCompilationJobResponse,
} from '@aws-sdk/client-sagemaker';
import { pack } from 'tar-stream';
import { AwsError } from '../../aws/aws-error.ts';
import type { Call, Handler } from '../../aws/service.ts';
import type { Table } from '../../aws/table.ts';
import { putFile } from '../../s3/put-file.ts';
import type { S3 } from '../../s3/service.ts';

export interface CompilationContext {
  readonly compilationJobs: Table<DescribeCompilationJobResponse>;
  readonly s3: S3;
  arn(kind: string, name: string): string;
}

const FIXTURE = 'local-fixture-not-compiled';

export function compilationJobHandlers({ compilationJobs, s3, arn }: CompilationContext): Record<string, Handler> {
  return {
    async CreateCompilationJob(input: CreateCompilationJobRequest, { now }: Call) {
      const name = input.CompilationJobName ?? '';
      if (compilationJobs.find(name)) {
        throw new AwsError('ResourceInUse', 400, `Job name must be unique within an AWS account and region: ${name}`);
      }
      const failure = missingArtifact(s3, input.InputConfig?.S3Uri ?? '');
      const artifact = failure === undefined ? await writeFixture(s3, input) : '';
      compilationJobs.put(name, {
        CompilationJobName: name,
        CompilationJobArn: arn('compilation-job', name),
        CompilationJobStatus: failure === undefined ? 'COMPLETED' : 'FAILED',
        ...{ CompilationStartTime: now, CompilationEndTime: now, CreationTime: now, LastModifiedTime: now },
        StoppingCondition: input.StoppingCondition,
        FailureReason: failure ?? '',
        ModelArtifacts: { S3ModelArtifacts: artifact },
        ...{ RoleArn: input.RoleArn, InputConfig: input.InputConfig, OutputConfig: input.OutputConfig },
      });
      return { CompilationJobArn: arn('compilation-job', name) };
    },
    DescribeCompilationJob({ CompilationJobName = '' }: DescribeCompilationJobRequest) {
      const found = compilationJobs.find(CompilationJobName);
      if (!found)
        throw new AwsError('ResourceNotFound', 400, `Could not find requested job with name: ${CompilationJobName}`);
      return found;
    },
  };
}

function missingArtifact(s3: S3, uri: string): string | undefined {
  const { bucket, key } = addressOf(uri);
  try {
    if (s3.store.bucket(bucket).find(key)) return undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
  return `ClientError: InputConfiguration: Unable to download the model artifact ${uri}`;
}

async function writeFixture(s3: S3, { InputConfig, OutputConfig }: CreateCompilationJobRequest): Promise<string> {
  const { bucket, key } = addressOf(OutputConfig?.S3OutputLocation ?? '');
  const target = `${key.replace(/\/?$/, '/').replace(/^\//, '')}${FIXTURE}-${OutputConfig?.TargetDevice ?? 'target'}.tar.gz`;
  const folder = await mkdtemp(path.join(tmpdir(), 'verge-neo-'));
  try {
    const archive = pack();
    archive.entry(
      { name: 'README.txt', mtime: new Date(0) },
      `The local stack made this file in place of what SageMaker Neo would have made of ${InputConfig?.S3Uri}. It holds no model.\n`,
    );
    archive.finalize();
    const file = path.join(folder, 'fixture.tar.gz');
    await writeFile(file, await buffer(archive.pipe(createGzip())));
    await putFile(s3, file, bucket, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return `s3://${bucket}/${target}`;
}

function addressOf(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = uri.match(/^s3:\/\/([^/]+)\/?(.*)$/s) ?? [];
  return { bucket, key };
}
