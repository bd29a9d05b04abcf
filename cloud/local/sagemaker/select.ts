import { AwsError } from '../aws/aws-error.ts';
import { type Page, type PageRules, pageOf } from '../aws/page.ts';

/** What every list of this service may be narrowed and ordered by. */
export interface ListRequest {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly NameContains?: string | undefined;
  readonly CreationTimeAfter?: Date | undefined;
  readonly CreationTimeBefore?: Date | undefined;
  readonly SortOrder?: 'Ascending' | 'Descending' | undefined;
}

export interface Listed {
  readonly name: string;
  readonly createdAt: Date | undefined;
}

const PAGES: PageRules = { most: 100, usual: 10, invalid: 'ValidationException' };

/** One page of rows, newest first unless the caller says otherwise. */
export function select<Row>(
  rows: readonly Row[],
  request: ListRequest,
  describe: (row: Row) => Listed,
  orderBy: (row: Row) => string | number = (row) => describe(row).createdAt?.getTime() ?? 0,
): Page<Row> {
  const found = rows.filter((row) => {
    const { name, createdAt } = describe(row);
    return (
      (request.NameContains === undefined || name.toLowerCase().includes(request.NameContains.toLowerCase())) &&
      (!request.CreationTimeAfter || (createdAt !== undefined && createdAt > request.CreationTimeAfter)) &&
      (!request.CreationTimeBefore || (createdAt !== undefined && createdAt < request.CreationTimeBefore))
    );
  });
  const direction = request.SortOrder === 'Ascending' ? 1 : -1;
  const ordered = found.toSorted((a, b) => direction * compare(orderBy(a), orderBy(b)));
  const { MaxResults: maxResults, NextToken: nextToken } = request;
  return pageOf(ordered, (row) => describe(row).name, { maxResults, nextToken }, PAGES);
}

/** What SageMaker says of most things that aren't there; only some operations have an error of their own for it. */
export function notFound(message = 'Requested resource not found.'): AwsError {
  return new AwsError('ValidationException', 400, message);
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
