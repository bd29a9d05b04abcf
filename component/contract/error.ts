/** Whose turn it is: `user` (input, configuration, permission: exit code 2) or `verge` (a bug or a broken service: exit code 1). */
export type Fault = 'user' | 'verge';

/** One row of a stage's error catalogue. */
export interface ErrorKind {
  readonly fault: Fault;
  /** What the reader does next; printed after the sentence that says what is wrong and where. */
  readonly next: string;
}

/** Every error that Verge raises on purpose. `code` is stable, is never reused, and stands in `docs/errors.md`. */
export class VergeError extends Error {
  override readonly name = 'VergeError';
  readonly code: string;
  readonly fault: Fault;
  /** What is wrong and where, without the next step. */
  readonly what: string;
  readonly next: string;

  constructor(code: string, kind: ErrorKind, what: string, cause?: unknown) {
    super(`${sentence(what)} ${sentence(kind.next)}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fault = kind.fault;
    this.what = what;
    this.next = kind.next;
  }
}

function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** A stage's errors: `make('CODE', 'what is wrong, with the offending value and its place', cause?)`. */
export interface ErrorCatalogue<Code extends string> {
  readonly kinds: Readonly<Record<Code, ErrorKind>>;
  make(code: Code, what: string, cause?: unknown): VergeError;
}

/** Declares the errors of one stage; a catalogue lives in that stage's `errors.ts` and nowhere else. */
export function defineErrors<Code extends string>(kinds: Record<Code, ErrorKind>): ErrorCatalogue<Code> {
  return {
    kinds,
    make: (code, what, cause) => new VergeError(code, kinds[code], what, cause),
  };
}
