import type { VergeError } from '../../contract/error.ts';
import { outboxErrors } from '../errors.ts';

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const READ_ONLY: ReadonlySet<unknown> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** Says what the file system's error means for the outbox. */
export function diskError(folder: string, error: unknown): VergeError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why = error instanceof Error ? error.message : String(error);
  if (FULL.has(code)) return outboxErrors.make('OUTBOX_DISK_FULL', `the disk of ${folder} is full (${why})`, error);
  if (READ_ONLY.has(code)) {
    return outboxErrors.make('OUTBOX_DISK_READ_ONLY', `${folder} cannot be written (${why})`, error);
  }
  return outboxErrors.make('OUTBOX_DISK_FAILED', `${folder} fails (${why})`, error);
}
