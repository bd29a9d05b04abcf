import type {
  DescribeModelPackageInput,
  DescribeModelPackageOutput,
  ListModelPackagesInput,
  UpdateModelPackageInput,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from '../aws/aws-error.ts';
import type { Call, Handler } from '../aws/service.ts';
import { notFound, select } from './select.ts';
import type { SageMakerContext } from './service.ts';

const MAX_PROPERTIES = 50;
/** The service model's pattern of keys and values of custom metadata. */
const PROPERTY_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Answers to calls about the model registry. */
export function modelPackageHandlers({ modelPackages, arn }: SageMakerContext): Record<string, Handler> {
  function find(nameOrArn: string): DescribeModelPackageOutput {
    const full = nameOrArn.startsWith('arn:') ? nameOrArn : arn('model-package', nameOrArn);
    const found = modelPackages.find(full);
    if (!found) throw notFound(`ModelPackage ${full} does not exist.`);
    return found;
  }

  return {
    DescribeModelPackage: ({ ModelPackageName = '' }: DescribeModelPackageInput) => find(ModelPackageName),

    ListModelPackages(input: ListModelPackagesInput) {
      const group = input.ModelPackageGroupName?.split('/').at(-1);
      const known = modelPackages.all().some(({ ModelPackageGroupName }) => ModelPackageGroupName === group);
      if (group !== undefined && !known) throw notFound(`Model package group ${group} does not exist.`);
      const type = input.ModelPackageType ?? (group === undefined ? 'Unversioned' : 'Versioned');
      const rows = modelPackages
        .all()
        .filter((row) => group === undefined || row.ModelPackageGroupName === group)
        .filter((row) => type === 'Both' || (type === 'Versioned') === (row.ModelPackageVersion !== undefined))
        .filter(
          ({ ModelApprovalStatus: status }) =>
            input.ModelApprovalStatus === undefined || status === input.ModelApprovalStatus,
        );
      const { items, nextToken } = select(
        rows,
        input,
        (row) => ({ name: row.ModelPackageArn ?? '', createdAt: row.CreationTime }),
        input.SortBy === 'Name' ? (row) => row.ModelPackageName ?? '' : undefined,
      );
      return { ModelPackageSummaryList: items.map(summarise), NextToken: nextToken };
    },

    UpdateModelPackage(input: UpdateModelPackageInput, { now }: Call) {
      const row = find(input.ModelPackageArn ?? '');
      const properties = { ...row.CustomerMetadataProperties, ...input.CustomerMetadataProperties };
      for (const key of input.CustomerMetadataPropertiesToRemove ?? []) delete properties[key];
      checkProperties(properties);
      modelPackages.put(row.ModelPackageArn ?? '', {
        ...row,
        ...(input.ModelApprovalStatus === undefined ? {} : { ModelApprovalStatus: input.ModelApprovalStatus }),
        ...(input.ApprovalDescription === undefined ? {} : { ApprovalDescription: input.ApprovalDescription }),
        CustomerMetadataProperties: properties,
        LastModifiedTime: now,
      });
      return { ModelPackageArn: row.ModelPackageArn };
    },
  };
}

function summarise(row: DescribeModelPackageOutput): object {
  return {
    ModelPackageName: row.ModelPackageName,
    ModelPackageGroupName: row.ModelPackageGroupName,
    ModelPackageVersion: row.ModelPackageVersion,
    ModelPackageArn: row.ModelPackageArn,
    CreationTime: row.CreationTime,
    ModelPackageStatus: row.ModelPackageStatus,
    ModelApprovalStatus: row.ModelApprovalStatus,
  };
}

function checkProperties(properties: Readonly<Record<string, string>>): void {
  const entries = Object.entries(properties);
  const wrong = entries.find(
    ([key, value]) =>
      !PROPERTY_TEXT.test(key) || !PROPERTY_TEXT.test(value) || key.length > 128 || value.length > 256 || value === '',
  );
  if (!wrong && entries.length <= MAX_PROPERTIES) return;
  throw new AwsError(
    'ValidationException',
    400,
    `1 validation error detected: Value at 'customerMetadataProperties' failed to satisfy constraint${wrong ? ` at ${wrong[0]}` : ''}.`,
  );
}
