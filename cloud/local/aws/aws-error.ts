/** An error that a service answers with; each protocol has its own way to write it. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** As the SDKs know it: `NoSuchKey`, `ThrottlingException`. */
  readonly code: string;
  readonly status: number;
  /** More members, such as the `Key` of S3. */
  readonly detail: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, detail: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.detail = detail;
  }
}

/** What can be wrong with who asks. Each protocol says it in words of its own. */
export type AuthProblem =
  | 'missing'
  | 'malformed'
  | 'key-unknown'
  | 'token-invalid'
  | 'token-expired'
  | 'signature-wrong'
  | 'clock-skewed'
  | 'presigned-expired'
  | 'region-wrong'
  | 'payload-wrong'
  | 'chunks-malformed';

/** Raised while a signature is checked, and while a signed body is read. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly problem: AuthProblem;

  constructor(problem: AuthProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
