import { RowRefused, StoreAway } from '../store.ts';

/** How DuckDB's errors begin that speak of the row. All others speak of the file, the disk or the memory. */
const ROW_ERRORS =
  /^(?:Failed to [a-z ]+: )?(?:Constraint|Conversion|Out of Range|Invalid Input|Value out of range) Error/i;

/** What an error of DuckDB means to the sink. */
export function failureOf(error: unknown): RowRefused | StoreAway {
  const words = error instanceof Error ? error.message : String(error);
  return ROW_ERRORS.test(words) ? new RowRefused(words, { cause: error }) : new StoreAway(words, { cause: error });
}
