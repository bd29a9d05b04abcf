import { AwsError } from './aws-error.ts';

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

/** A bound of a service, and its word for a request that breaks it. */
export interface PageRules {
  readonly most: number;
  readonly usual: number;
  readonly invalid: string;
}

/**
 * One page of items with keys. The token names the last key that was given, so that what comes between two calls shifts
 * nothing; where that item itself has gone, the token is refused.
 */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { maxResults, nextToken }: PageRequest,
  { most, usual, invalid }: PageRules,
): Page<T> {
  const size = maxResults ?? usual;
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw new AwsError(invalid, 400, `maxResults ${size} is not between 1 and ${most}`);
  }
  const keys = items.map(keyOf);
  const from = nextToken === undefined ? 0 : keys.indexOf(readToken(nextToken)) + 1;
  if (nextToken !== undefined && from === 0) throw new AwsError(invalid, 400, 'The nextToken is not valid.');
  const page = items.slice(from, from + size);
  const last = keys[from + size - 1];
  if (last === undefined || from + size >= items.length) return { items: page };
  return { items: page, nextToken: Buffer.from(last).toString('base64url') };
}

function readToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
