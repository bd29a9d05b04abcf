import { VergeError } from './error.ts';

/** What was thrown, as one of ours: anything else is a bug, and is told as one. */
export function asVergeError(error: unknown): VergeError {
  if (error instanceof VergeError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new VergeError('INTERNAL', { fault: 'verge', next: 'This is a bug: please report it' }, words, error);
}
