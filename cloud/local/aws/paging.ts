import { AwsError } from './aws-error.ts';

export interface PageRequest {
  readonly maxResults: number | undefined;
  readonly nextToken: string | undefined;
  /** How many a page has where nobody says. */
  readonly pageSize: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/**
 * One page of a list that is in order. A token names the last item of the page before, so that what is added or taken
 * away meanwhile neither repeats nor skips the others.
 * @throws AwsError ValidationException
 */
export function pageOf<Item>(all: readonly Item[], idOf: (item: Item) => string, request: PageRequest): Page<Item> {
  const { maxResults = request.pageSize, nextToken } = request;
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100) {
    throw new AwsError('ValidationException', 400, 'MaxResults must be between 1 and 100.');
  }
  const start = nextToken === undefined ? 0 : all.findIndex((item) => idOf(item) === readToken(nextToken)) + 1;
  if (nextToken !== undefined && start === 0) throw new AwsError('ValidationException', 400, 'Invalid NextToken.');
  const items = all.slice(start, start + maxResults);
  const last = items.at(-1);
  const more = last !== undefined && start + items.length < all.length;
  return { items, nextToken: more ? Buffer.from(idOf(last)).toString('base64url') : undefined };
}

function readToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
