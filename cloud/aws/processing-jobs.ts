import {
  CreateProcessingJobCommand,
  DescribeProcessingJobCommand,
  type ProcessingInstanceType,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { findJob, type JobAsked, type JobState, readJobState, startJob } from './job-state.ts';

/** A job in a container: what goes in, what is run, what comes out. */
export interface ProcessingOrder {
  readonly name: string;
  readonly image: string;
  readonly role: string;
  readonly instanceType: string;
  readonly volumeGigabytes: number;
  readonly maxSeconds: number;
  /** Everything below an S3 address comes to lie in a folder. */
  readonly inputs: readonly { readonly name: string; readonly uri: string; readonly folder: string }[];
  /** What is in a folder at the end goes below an S3 address. */
  readonly output: { readonly name: string; readonly uri: string; readonly folder: string };
  readonly kmsKey: string | undefined;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** The port to SageMaker Processing. @throws VergeError AWS_… */
export interface ProcessingJobs {
  /** Undefined where there is no such job. */
  find(name: string): Promise<JobState | undefined>;
  /** Answers its ARN; undefined where somebody has started one of that name meanwhile. */
  start(order: ProcessingOrder): Promise<string | undefined>;
}

export function processingJobsOf(client: SageMakerClient, signal: AbortSignal): ProcessingJobs {
  const options = { abortSignal: signal };
  const asked = (name: string): JobAsked => ({ kind: 'processing job', name, signal });
  return {
    find: (name) =>
      findJob(asked(name), async () => {
        const answer = await client.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }), options);
        const { ProcessingJobArn, ProcessingJobStatus, FailureReason, ExitMessage } = answer;
        return readJobState(ProcessingJobArn, ProcessingJobStatus, [FailureReason, ExitMessage]);
      }),
    start: (order) =>
      startJob(asked(order.name), async () => (await client.send(commandOf(order), options)).ProcessingJobArn),
  };
}

function commandOf(order: ProcessingOrder): CreateProcessingJobCommand {
  const { inputs, output, kmsKey, command } = order;
  const [program, ...words] = command;
  return new CreateProcessingJobCommand({
    ProcessingJobName: order.name,
    RoleArn: order.role,
    AppSpecification: { ImageUri: order.image, ContainerEntrypoint: [program], ContainerArguments: words },
    Environment: { ...order.environment },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        // The service knows which there are; this list of the SDK's is as old as the SDK.
        InstanceType: order.instanceType as ProcessingInstanceType,
        VolumeSizeInGB: order.volumeGigabytes,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: order.maxSeconds },
    ProcessingInputs: inputs.map(({ name, uri, folder }) => ({
      InputName: name,
      S3Input: { S3Uri: uri, LocalPath: folder, S3DataType: 'S3Prefix', S3InputMode: 'File' },
    })),
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: output.name,
          S3Output: { S3Uri: output.uri, LocalPath: output.folder, S3UploadMode: 'EndOfJob' },
        },
      ],
      ...(kmsKey === undefined ? {} : { KmsKeyId: kmsKey }),
    },
  });
}
