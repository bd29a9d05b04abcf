import type { StaticOperationSchema } from '@smithy/types';
import { AwsError } from './aws-error.ts';
import { inputOf, type Operations, operationsOf, requiredMembers } from './protocol/operations.ts';
import type { Protocol, Route } from './protocol/protocol.ts';
import type { AwsRequest, AwsResponse, RequestHead } from './request.ts';

/** One call, beside its decoded input. */
export interface Call {
  readonly operation: string;
  readonly request: AwsRequest;
  readonly now: Date;
}

/** Answers one operation. */
export type Handler = (input: never, call: Call) => Promise<object> | object;

/** A stood-in service. The stack is an array of them. */
export interface Service {
  /** Name in the scope of a signature: `s3`, `sagemaker`, `greengrass`. */
  readonly name: string;
  readonly protocol: Protocol;
  route(head: RequestHead): Route | undefined;
  /** @param seen told what was asked, decoded */
  handle(route: Route, request: AwsRequest, now: Date, seen?: (input: object) => void): Promise<AwsResponse>;
}

export interface ServiceParts {
  readonly name: string;
  /** All that the package of the service's SDK client exports. */
  readonly client: Readonly<Record<string, unknown>>;
  readonly protocol: Protocol;
  /** By operation; what has none is answered with an error that says so. */
  readonly handlers: Readonly<Record<string, Handler>>;
}

/** Joins handlers with the schemas of a client: routing, decoding, required members and encoding come from those. */
export function defineService({ name, client, protocol, handlers }: ServiceParts): Service {
  const operations: Operations = operationsOf(client);
  const unknown = Object.keys(handlers).filter((operation) => !operations.has(operation));
  if (unknown.length > 0) throw new Error(`${name} has no operations ${unknown.join(', ')}`);
  return {
    name,
    protocol,
    route: (head) => protocol.route(head, operations),
    async handle(route, request, now, seen) {
      const handler = handlers[route.name];
      if (!handler) throw new AwsError('NotImplemented', 501, `The stand-in of ${name} has no ${route.name}.`);
      const input = await protocol.decode(route, request);
      seen?.(Object(input));
      const absent = missingMembers(route.schema, input);
      if (absent.length > 0) throw protocol.missing(absent);
      // The schema that decoded the input and the handler's type are of the same client.
      const output = await handler(input as never, { operation: route.name, request, now });
      return protocol.encode(route, output as Record<string, unknown>, request.requestId); // structures are records
    },
  };
}

function missingMembers(schema: StaticOperationSchema, input: unknown): string[] {
  const members = new Map(Object.entries(input ?? {}));
  return requiredMembers(inputOf(schema)).filter((name) => members.get(name) === undefined);
}
