import {
  DescribeModelPackageCommand,
  type DescribeModelPackageOutput,
  ListModelPackagesCommand,
  type SageMakerClient,
  UpdateModelPackageCommand,
} from '@aws-sdk/client-sagemaker';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';

/** A version of a model in the registry, as far as a model's source needs it. */
export interface ModelPackage {
  readonly arn: string;
  readonly group: string | undefined;
  readonly version: number | undefined;
  readonly approval: string | undefined;
  readonly approvalDescription: string | undefined;
  /** Of each container that has a model: where it lies, and whether that is one compressed file. */
  readonly models: readonly { readonly uri: string; readonly image: string | undefined; readonly isFile: boolean }[];
  /** Name of the training job that made it, where the registry knows. */
  readonly trainingJob: string | undefined;
}

/** The port to the model registry. @throws VergeError AWS_… */
export interface ModelPackages {
  describe(nameOrArn: string, signal?: AbortSignal): Promise<ModelPackage>;
  /** ARN of the latest version of a group that is approved; undefined where there is none. */
  latestApproved(group: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Adds custom metadata, or replaces what has the same keys. */
  annotate(arn: string, properties: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>;
}

const NOT_FOUND = /not found|does not exist|can't find|could not find/i;
/** Bounds of the service on custom metadata. */
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const FOREIGN_CHARACTERS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu;

export function modelPackagesOf(client: SageMakerClient): ModelPackages {
  const quoted = (name: string): string => JSON.stringify(name);
  const absent = (what: string) => (failure: { name: string; message: string }) =>
    failure.name === 'ResourceNotFound' || (failure.name === 'ValidationException' && NOT_FOUND.test(failure.message))
      ? awsErrors.make('AWS_MODEL_PACKAGE_NOT_FOUND', `There is no ${what}`)
      : undefined;
  return {
    async describe(nameOrArn, signal) {
      const answer = await ask(
        `describing the model package ${quoted(nameOrArn)}`,
        () => client.send(new DescribeModelPackageCommand({ ModelPackageName: nameOrArn }), abortable(signal)),
        signal,
        absent(`model package ${quoted(nameOrArn)}`),
      );
      return readModelPackage(nameOrArn, answer);
    },

    async latestApproved(group, signal) {
      const command = new ListModelPackagesCommand({
        ModelPackageGroupName: group,
        ModelApprovalStatus: 'Approved',
        SortBy: 'CreationTime',
        SortOrder: 'Descending',
        MaxResults: 1,
      });
      const { ModelPackageSummaryList = [] } = await ask(
        `listing the model package group ${quoted(group)}`,
        () => client.send(command, abortable(signal)),
        signal,
        absent(`model package group ${quoted(group)}`),
      );
      return ModelPackageSummaryList[0]?.ModelPackageArn;
    },

    async annotate(arn, properties, signal) {
      const command = new UpdateModelPackageCommand({
        ModelPackageArn: arn,
        CustomerMetadataProperties: asProperties(properties),
      });
      await ask(
        `writing metadata to the model package ${quoted(arn)}`,
        () => client.send(command, abortable(signal)),
        signal,
        absent(`model package ${quoted(arn)}`),
      );
    },
  };
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

/** Text as the service takes it in metadata: other characters become dashes, long texts are cut, empty ones left out. */
function asProperties(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => [
        key.replace(FOREIGN_CHARACTERS, '-').slice(0, MAX_KEY_LENGTH),
        value.replace(FOREIGN_CHARACTERS, '-').slice(0, MAX_VALUE_LENGTH),
      ]),
  );
}

function readModelPackage(name: string, answer: DescribeModelPackageOutput): ModelPackage {
  const models = (answer.InferenceSpecification?.Containers ?? []).flatMap((container) => {
    const source = container.ModelDataSource?.S3DataSource;
    const uri = container.ModelDataUrl || source?.S3Uri;
    const isFile = source === undefined || source.S3DataType === 'S3Object' || source.CompressionType === 'Gzip';
    return uri === undefined ? [] : [{ uri, image: container.Image, isFile }];
  });
  return {
    arn: answer.ModelPackageArn ?? name,
    group: answer.ModelPackageGroupName,
    version: answer.ModelPackageVersion,
    approval: answer.ModelApprovalStatus,
    approvalDescription: answer.ApprovalDescription,
    models,
    trainingJob: answer.MetadataProperties?.GeneratedBy?.match(/:training-job\/([^/]+)$/)?.[1],
  };
}
