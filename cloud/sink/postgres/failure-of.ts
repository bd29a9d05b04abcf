import { RowRefused, StoreAway } from '../store.ts';

/**
 * Classes of SQLSTATE that speak of the row: data exception, integrity constraint, an exception raised by a trigger or
 * function, and a program limit such as the size of a row. All others speak of the database, its disk or the way to it.
 */
const ROW_CLASSES = new Set(['22', '23', 'P0', '54']);

/** What an error of PostgreSQL or of the way to it means to the sink. */
export function failureOf(error: unknown): RowRefused | StoreAway {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message || code || error.name : String(error);
  // An SQLSTATE has five characters; ECONNREFUSED and its like have more.
  if (code.length === 5 && ROW_CLASSES.has(code.slice(0, 2)))
    return new RowRefused(`${words} (${code})`, { cause: error });
  return new StoreAway(words, { cause: error });
}
