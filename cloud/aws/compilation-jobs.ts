import {
  CreateCompilationJobCommand,
  DescribeCompilationJobCommand,
  type Framework,
  type SageMakerClient,
  type TargetDevice,
} from '@aws-sdk/client-sagemaker';
import { findJob, type JobAsked, type JobState, readJobState, startJob } from './job-state.ts';

/** What SageMaker Neo shall compile. */
export interface CompilationOrder {
  readonly name: string;
  readonly role: string;
  /** `s3://…/model.tar.gz`. */
  readonly artifact: string;
  /** As the service names them: `PYTORCH`, `rasp4b`. */
  readonly framework: string;
  readonly frameworkVersion: string | undefined;
  readonly target: string;
  /** Names and shapes of the inputs, as JSON. */
  readonly inputShapes: string;
  /** Folder in S3. */
  readonly output: string;
  readonly maxSeconds: number;
}

export interface CompilationState extends JobState {
  /** Where the artifact is, once it is there. */
  readonly artifact: string | undefined;
}

/** The port to SageMaker Neo. @throws VergeError AWS_… */
export interface CompilationJobs {
  find(name: string): Promise<CompilationState | undefined>;
  /** Answers its ARN; undefined where somebody has started one of that name meanwhile. */
  start(order: CompilationOrder): Promise<string | undefined>;
}

export function compilationJobsOf(client: SageMakerClient, signal: AbortSignal): CompilationJobs {
  const options = { abortSignal: signal };
  const asked = (name: string): JobAsked => ({ kind: 'compilation job', name, signal });
  return {
    find: (name) =>
      findJob(asked(name), async () => {
        const answer = await client.send(new DescribeCompilationJobCommand({ CompilationJobName: name }), options);
        const { CompilationJobArn, CompilationJobStatus, FailureReason, ModelArtifacts } = answer;
        const state = readJobState(CompilationJobArn, CompilationJobStatus, [FailureReason]);
        return { ...state, artifact: ModelArtifacts?.S3ModelArtifacts };
      }),
    start: (order) =>
      startJob(asked(order.name), async () => (await client.send(commandOf(order), options)).CompilationJobArn),
  };
}

function commandOf(order: CompilationOrder): CreateCompilationJobCommand {
  return new CreateCompilationJobCommand({
    CompilationJobName: order.name,
    RoleArn: order.role,
    InputConfig: {
      S3Uri: order.artifact,
      DataInputConfig: order.inputShapes,
      // The service knows which there are; these lists of the SDK's are as old as the SDK.
      Framework: order.framework as Framework,
      ...(order.frameworkVersion === undefined ? {} : { FrameworkVersion: order.frameworkVersion }),
    },
    OutputConfig: { S3OutputLocation: order.output, TargetDevice: order.target as TargetDevice },
    StoppingCondition: { MaxRuntimeInSeconds: order.maxSeconds },
  });
}
