import type { ModelApprovalStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from './service.ts';

/** A version of a model in the registry, as a fixture describes it. */
export interface AddedModelPackage {
  readonly group: string;
  /** Default: one more than the group has. */
  readonly version?: number;
  /** `s3://…/model.tar.gz`, which lies or lay in the stack's S3. */
  readonly artifact: string;
  /** Default: Approved. */
  readonly approval?: ModelApprovalStatus;
  readonly image?: string;
  /** Name of the training job that made it. */
  readonly trainingJob?: string;
  readonly description?: string;
  /** Default: now. */
  readonly createdAt?: Date;
}

export function addModelPackage({ modelPackages, arn }: SageMakerContext, added: AddedModelPackage): string {
  const { group, createdAt = new Date() } = added;
  const versions = modelPackages
    .all()
    .filter(({ ModelPackageGroupName }) => ModelPackageGroupName === group)
    .map(({ ModelPackageVersion = 0 }) => ModelPackageVersion);
  const version = added.version ?? Math.max(0, ...versions) + 1;
  const modelPackageArn = arn('model-package', `${group}/${version}`);
  modelPackages.put(modelPackageArn, {
    ModelPackageName: group,
    ModelPackageGroupName: group,
    ModelPackageVersion: version,
    ModelPackageArn: modelPackageArn,
    ...(added.description === undefined ? {} : { ModelPackageDescription: added.description }),
    CreationTime: createdAt,
    InferenceSpecification: {
      Containers: [
        {
          Image:
            added.image ?? '763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-pytorch-inference:2.1.0-cpu-py310',
          ModelDataUrl: added.artifact,
        },
      ],
      SupportedContentTypes: ['application/json'],
      SupportedResponseMIMETypes: ['application/json'],
    },
    ModelPackageStatus: 'Completed',
    ModelPackageStatusDetails: { ValidationStatuses: [] },
    ModelApprovalStatus: added.approval ?? 'Approved',
    ...(added.trainingJob === undefined
      ? {}
      : { MetadataProperties: { GeneratedBy: arn('training-job', added.trainingJob) } }),
    LastModifiedTime: createdAt,
  });
  return modelPackageArn;
}
