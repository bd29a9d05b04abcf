import type { StaticOperationSchema } from '@smithy/types';
import type { AuthError, AwsError } from '../aws-error.ts';
import type { AwsRequest, AwsResponse, RequestHead } from '../request.ts';
import type { Operations } from './operations.ts';

/** An operation that a request asks for, with what its path says. */
export interface Route {
  readonly name: string;
  readonly schema: StaticOperationSchema;
  readonly labels: Readonly<Record<string, string>>;
}

/** A way to write requests and answers down, in the server's direction. */
export interface Protocol {
  /** True where the signed payload hash stands in a header, so that a body can be checked while it streams. */
  readonly streams: boolean;
  route(head: RequestHead, operations: Operations): Route | undefined;
  decode(route: Route, request: AwsRequest): Promise<unknown>;
  encode(route: Route, output: Readonly<Record<string, unknown>>, requestId: string): AwsResponse;
  encodeError(error: AwsError, head: RequestHead): AwsResponse;
  authError(error: AuthError): AwsError;
  /** What a service says that is asked too often. */
  throttled(): AwsError;
  /** Members that are required and absent, in the words of the service. */
  missing(names: readonly string[]): AwsError;
}
