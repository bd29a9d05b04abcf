import { AwsError } from '../aws/aws-error.ts';
import type { PageRules } from '../aws/page.ts';

/** The errors of IoT that its stand-in knows. */
export const INVALID = 'InvalidRequestException';

export function invalid(message: string): AwsError {
  return new AwsError(INVALID, 400, message);
}

export function refuse(code: string, status: number, message: string): AwsError {
  return new AwsError(code, status, message);
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 404, message);
}

export function alreadyExists(resourceId: string, resourceArn: string): AwsError {
  const message = `${resourceId} already exists in account with different properties`;
  return new AwsError('ResourceAlreadyExistsException', 409, message, { resourceId, resourceArn });
}

export const PAGES: PageRules = { most: 250, usual: 25, invalid: INVALID };
