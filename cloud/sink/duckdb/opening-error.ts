import type { VergeError } from '../../../component/contract/error.ts';
import { sinkErrors } from '../errors.ts';

/** Why a file can't be opened, as a sentence. */
export function openingError(name: string, error: unknown): VergeError {
  const words = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return /Could not set lock|Conflicting lock/.test(words ?? '')
    ? sinkErrors.make('SINK_DATABASE_LOCKED', `${name} is in use by another process`, error)
    : sinkErrors.make('SINK_DATABASE_REFUSED', `${name} cannot be used (${words})`, error);
}
