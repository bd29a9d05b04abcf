import { VergeError } from '../../../../component/contract/error.ts';
import type { DeploymentOutcome } from '../deployment/deployer.ts';

/** What a device tells of a deployment that is through, in the details of its job. */
export type Details = Readonly<Record<string, string>>;

/** Codes of the Java nucleus, by ours: the stack of errors, and whose they are. */
const STACKS: Readonly<Record<string, readonly [stack: string, types: string]>> = {
  CORE_VERSION_UNAVAILABLE: [
    '[DEPLOYMENT_FAILURE, NO_AVAILABLE_COMPONENT_VERSION, COMPONENT_VERSION_REQUIREMENTS_NOT_MET]',
    '[REQUEST_ERROR]',
  ],
  CORE_ARTIFACT_DIGEST: [
    '[DEPLOYMENT_FAILURE, ARTIFACT_DOWNLOAD_ERROR, ARTIFACT_CHECKSUM_MISMATCH]',
    '[REQUEST_ERROR]',
  ],
  CORE_ARTIFACT_DOWNLOAD: ['[DEPLOYMENT_FAILURE, ARTIFACT_DOWNLOAD_ERROR]', '[REQUEST_ERROR]'],
  CORE_ARTIFACT_INVALID: ['[DEPLOYMENT_FAILURE, ARTIFACT_DOWNLOAD_ERROR]', '[REQUEST_ERROR]'],
  CORE_RECIPE_PLATFORM: ['[DEPLOYMENT_FAILURE, UNSUPPORTED_PLATFORM]', '[REQUEST_ERROR]'],
  CORE_RECIPE_INVALID: ['[DEPLOYMENT_FAILURE, RECIPE_PARSE_ERROR]', '[REQUEST_ERROR]'],
};
const BROKEN = ['[DEPLOYMENT_FAILURE, COMPONENT_UPDATE_ERROR, COMPONENT_BROKEN]', '[USER_COMPONENT_ERROR]'] as const;
const OTHER = ['[DEPLOYMENT_FAILURE]', '[UNKNOWN_ERROR]'] as const;

/** Of a deployment that was carried out. */
export function detailsOf(outcome: DeploymentOutcome): Details {
  const { status, reason = '', broken, rolledBack } = outcome;
  if (status === 'SUCCEEDED') return { 'detailed-deployment-status': 'SUCCESSFUL' };
  if (broken === undefined) return failed('FAILED_NO_STATE_CHANGE', reason, OTHER);
  const kind = rolledBack ? 'FAILED_ROLLBACK_COMPLETE' : 'FAILED_ROLLBACK_NOT_REQUESTED';
  return failed(kind, reason, BROKEN);
}

/** Of one that could not be prepared, so that nothing has changed. */
export function detailsOfError(error: unknown): Details {
  const reason = error instanceof Error ? error.message : String(error);
  const known = error instanceof VergeError ? STACKS[error.code] : undefined;
  return failed('FAILED_NO_STATE_CHANGE', reason, known ?? OTHER);
}

function failed(kind: string, reason: string, [stack, types]: readonly [string, string]): Details {
  return {
    'detailed-deployment-status': kind,
    'deployment-failure-cause': reason,
    'deployment-failure-error-stack': stack,
    'deployment-failure-error-types': types,
  };
}
