import type { VergeError } from '../../component/contract/error.ts';
import { awsErrors } from './errors.ts';

/** What an SDK's error says, whatever class it has. */
interface Failure {
  readonly name: string;
  readonly message: string;
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
}

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const REFUSED = new Set([
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const THROTTLED = new Set([
  'RequestLimitExceeded',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * Asks AWS, and says in a sentence why there is no answer.
 * @param what the question, as it stands in the sentence: `describing the training job "x"`
 * @param absent makes an error of what only this question can be refused with; asked first
 * @throws VergeError AWS_…; the signal's reason when aborted
 */
export async function ask<Answer>(
  what: string,
  call: () => Promise<Answer>,
  signal?: AbortSignal,
  absent: (failure: Failure) => VergeError | undefined = () => undefined,
): Promise<Answer> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    const failure = readFailure(error);
    throw absent(failure) ?? explain(what, failure, error);
  }
}

/** True where the connection failed, not the service. */
function isUnreachable({ status }: Failure, error: unknown): boolean {
  if (status !== undefined || !(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /^(E[A-Z]+|UND_ERR_.*|CERT_.*|.*_CERT.*)$/.test(code) || /Timeout|NetworkingError/.test(error.name);
}

function explain(what: string, failure: Failure, error: unknown): VergeError {
  const { name, message, status } = failure;
  const said = message === '' || message === 'UnknownError' ? name : `${name}: ${message}`;
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(name) || /credential is missing/i.test(message)) {
    return awsErrors.make('AWS_CREDENTIALS_MISSING', `No AWS credentials were found for ${what} (${message})`, error);
  }
  if (/region is missing|region not accepted/i.test(message)) {
    return awsErrors.make('AWS_REGION_MISSING', `No AWS region is set for ${what} (${message})`, error);
  }
  if (EXPIRED.has(name)) {
    return awsErrors.make('AWS_CREDENTIALS_EXPIRED', `The AWS credentials have expired (${what}: ${said})`, error);
  }
  if (/^RequestTimeTooSkewed/.test(name) || (name === 'InvalidSignatureException' && /current time/i.test(message))) {
    return awsErrors.make('AWS_CLOCK_WRONG', `The clock of this machine is wrong (${what}: ${said})`, error);
  }
  if (REFUSED.has(name)) {
    return awsErrors.make('AWS_CREDENTIALS_REFUSED', `AWS does not know these credentials (${what}: ${said})`, error);
  }
  if (THROTTLED.has(name) || status === 429) {
    return awsErrors.make('AWS_THROTTLED', `AWS is asked too often, after several tries (${what}: ${said})`, error);
  }
  if (status === 403 || /AccessDenied|NotAuthorized/.test(name)) {
    return awsErrors.make('AWS_ACCESS_DENIED', `AWS does not allow ${what} (${said})`, error);
  }
  if (isUnreachable(failure, error)) {
    return awsErrors.make('AWS_UNREACHABLE', `AWS cannot be reached for ${what} (${said})`, error);
  }
  if (status === undefined || status >= 500) {
    return awsErrors.make('AWS_SERVICE_FAILED', `AWS failed at ${what} (${said})`, error);
  }
  return awsErrors.make('AWS_REQUEST_REFUSED', `AWS refuses ${what} (${said})`, error);
}

function readFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  // Errors of SDK clients carry the status of the answer.
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: $metadata?.httpStatusCode };
}
