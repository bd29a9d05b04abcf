/**
 * Processing jobs, really run: the command of the job as a process of this machine, with the folders below
 * `/opt/ml/processing` mapped to folders of the stack and filled from and emptied into its S3.
 *
 * What it does not do: the image (the command runs in the Node and among the programs of this machine), instances and
 * their types, volumes, isolation from this machine and its network, what the job's role may do (it has the stack's own
 * key), manifests, pipes, shards, encryption, more than one instance, outputs while it runs, lists of jobs, VPCs.
 */
import type {
  CreateProcessingJobRequest,
  DescribeProcessingJobRequest,
  DescribeProcessingJobResponse,
  StopProcessingJobRequest,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../aws/aws-error.ts';
import type { Call, Handler } from '../../aws/service.ts';
import type { Table } from '../../aws/table.ts';
import { type JobHouse, runProcess } from './run-process.ts';

export interface ProcessingContext {
  readonly processingJobs: Table<DescribeProcessingJobResponse>;
  readonly house: JobHouse;
  arn(kind: string, name: string): string;
}

/** Jobs under way. */
export interface Running {
  /** Ends them, and waits until they have ended. */
  close(): Promise<void>;
}

export function processingJobHandlers(context: ProcessingContext): {
  readonly handlers: Record<string, Handler>;
  readonly running: Running;
} {
  const { processingJobs, house, arn } = context;
  const underWay = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();

  function find(name: string): DescribeProcessingJobResponse {
    const found = processingJobs.find(name);
    if (!found) throw new AwsError('ResourceNotFound', 400, `Could not find requested job with name: ${name}`);
    return found;
  }

  function change(name: string, changes: Partial<DescribeProcessingJobResponse>): void {
    processingJobs.put(name, { ...find(name), ...changes, LastModifiedTime: new Date() });
  }

  async function work(name: string, stop: AbortController): Promise<void> {
    change(name, { ProcessingStartTime: new Date() });
    const seconds = find(name).StoppingCondition?.MaxRuntimeInSeconds ?? 86_400;
    const timer = setTimeout(() => stop.abort('time'), Math.min(seconds * 1000, 2 ** 31 - 1));
    const outcome = await runProcess(find(name), house, stop.signal);
    clearTimeout(timer);
    const end = { ProcessingEndTime: new Date() };
    if (stop.signal.aborted) change(name, { ...end, ProcessingJobStatus: 'Stopped' });
    else if (outcome.failure === undefined) change(name, { ...end, ProcessingJobStatus: 'Completed', ...outcome.exit });
    else change(name, { ...end, ProcessingJobStatus: 'Failed', FailureReason: outcome.failure, ...outcome.exit });
    underWay.delete(name);
  }

  // Of a stack that ended while they ran.
  for (const { ProcessingJobName: name = '', ProcessingJobStatus: status } of processingJobs.all()) {
    if (status !== 'InProgress' && status !== 'Stopping') continue;
    const FailureReason = 'InternalServerError: the stack ended while the job ran';
    change(name, { ProcessingJobStatus: 'Failed', FailureReason, ProcessingEndTime: new Date() });
  }

  return {
    running: {
      async close() {
        for (const { stop } of underWay.values()) stop.abort('end');
        await Promise.all([...underWay.values()].map(({ done }) => done));
      },
    },
    handlers: {
      CreateProcessingJob(input: CreateProcessingJobRequest, { now }: Call) {
        const name = input.ProcessingJobName ?? '';
        if (processingJobs.find(name)) {
          throw new AwsError('ResourceInUse', 400, `Job name must be unique within an AWS account and region: ${name}`);
        }
        processingJobs.put(name, {
          ...input,
          ProcessingJobName: name,
          ProcessingJobArn: arn('processing-job', name),
          ProcessingJobStatus: 'InProgress',
          ProcessingResources: input.ProcessingResources,
          AppSpecification: input.AppSpecification,
          CreationTime: now,
          LastModifiedTime: now,
        });
        const stop = new AbortController();
        underWay.set(name, { stop, done: work(name, stop) });
        return { ProcessingJobArn: arn('processing-job', name) };
      },
      DescribeProcessingJob: ({ ProcessingJobName = '' }: DescribeProcessingJobRequest) => find(ProcessingJobName),
      StopProcessingJob({ ProcessingJobName: name = '' }: StopProcessingJobRequest) {
        const { ProcessingJobStatus: status } = find(name);
        if (status !== 'InProgress') {
          throw new AwsError(
            'ValidationException',
            400,
            `The request was rejected because the job is in status ${status}.`,
          );
        }
        change(name, { ProcessingJobStatus: 'Stopping' });
        underWay.get(name)?.stop.abort('asked');
        return {};
      },
    },
  };
}
