import { AwsError } from '../aws/aws-error.ts';
import type { PageRules } from '../aws/page.ts';
import type { Registry, Target } from '../iot/registry.ts';

/** The errors of Greengrass V2 that its stand-in knows, with the members that their shapes require. */
export const INVALID = 'ValidationException';

export function invalid(message: string): AwsError {
  return new AwsError(INVALID, 400, message, { reason: 'FIELD_VALIDATION_FAILED' });
}

export function notFound(resourceType: ResourceType, resourceId: string): AwsError {
  const message = `The ${resourceType} ${resourceId} does not exist.`;
  return new AwsError('ResourceNotFoundException', 404, message, { resourceId, resourceType });
}

export function conflict(message: string, resourceType: ResourceType, resourceId: string): AwsError {
  return new AwsError('ConflictException', 409, message, { resourceId, resourceType });
}

type ResourceType = 'component' | 'componentVersion' | 'deployment' | 'coreDevice' | 'target';

export const PAGES: PageRules = { most: 100, usual: 50, invalid: INVALID };

/** The thing or group that an ARN names, if it is there. @throws AwsError ValidationException, ResourceNotFoundException */
export function targetOf(registry: Registry, arn: string): Target {
  try {
    const target = registry.targetOf(arn);
    if (target.kind === 'thing') registry.thing(target.name);
    else registry.group(target.name);
    return target;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw error.status === 404 ? notFound('target', arn) : invalid(error.message);
  }
}
