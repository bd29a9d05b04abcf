/**
 * The one door of the stood-in AWS services: an HTTP server on the loopback, which finds the service by the scope of the
 * request's signature, checks the signature, and hands the request over.
 *
 * What it does not do: TLS, IAM policies (whoever has a key of the keyring may do everything), more than one region and
 * account, Signature Version 4A, and limits of rates that nobody asked for with `faults`.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { attempt, cut, send } from './answer.ts';
import { AwsError } from './aws-error.ts';
import { createFaults, type Faults } from './faults.ts';
import type { Keyring } from './keyring.ts';
import { type AwsRequest, collect, type RequestHead, readHead } from './request.ts';
import type { Service } from './service.ts';
import { sha256Hex } from './signature/canonical.ts';
import { serviceOf } from './signature/read-signature.ts';
import { readSignedBody } from './signature/signed-body.ts';
import { verifySignature } from './signature/verify.ts';

export interface AwsServerOptions {
  readonly services: readonly Service[];
  readonly keyring: Keyring;
  readonly region: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Default: the system's. */
  readonly now?: () => Date;
  /** Told what each call asked for, decoded. */
  readonly onInput?: (asked: AskedInput) => void;
}

export interface AskedInput {
  readonly service: string;
  readonly operation: string;
  /** As the SDK's input type has it. */
  readonly input: object;
}

export interface AwsServer {
  /** For `AWS_ENDPOINT_URL`. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** Ends it and its connections. Safe to call twice. */
  close(): Promise<void>;
}

/** No operation of a service that isn't S3 takes more. */
const MAX_BODY_BYTES = 1024 * 1024;

/** @throws Error of `listen`, such as EADDRINUSE */
export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const faults = createFaults();
  const now = options.now ?? (() => new Date());
  const services = new Map(options.services.map((service) => [service.name, service]));
  const [fallback] = options.services;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = readHead(request, randomUUID());
    // S3 is the only one that is ever asked without a signature.
    const service = services.get(serviceOf(head) ?? 's3') ?? fallback;
    if (!service) throw new Error('There is no service');
    const route = service.route(head);
    const operation = route?.name ?? 'Unknown';
    const { index, fault } = faults.next(service.name, operation);
    if (fault?.kind === 'disconnect') return cut(response);
    const answer = await attempt(service.protocol, head, async () => {
      if (fault?.kind === 'throttle') throw service.protocol.throttled();
      if (fault?.kind === 'error') throw new AwsError(fault.code, fault.status, fault.message);
      const verified = await verifyRequest(service, head, request);
      if (!route) throw new AwsError('UnknownOperationException', 404, 'No operation fits the request.');
      return service.handle(route, verified, now(), (input) =>
        options.onInput?.({ service: service.name, operation, input }),
      );
    });
    faults.answered({ index, service: service.name, operation, status: answer.status });
    if (fault?.kind === 'lose-answer') {
      if (answer.body instanceof Readable) answer.body.destroy();
      return cut(response);
    }
    await send(answer, request, response, fault);
  }

  async function verifyRequest(service: Service, head: RequestHead, request: IncomingMessage): Promise<AwsRequest> {
    const context = { keyring: options.keyring, region: options.region, now: now() };
    const trailers = new Map<string, string>();
    if (service.protocol.streams) {
      const payloadHash = head.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
      const verified = verifySignature(head, payloadHash, context);
      return { ...head, body: readSignedBody(request, payloadHash, verified, trailers), trailers };
    }
    const body = await collect(request, MAX_BODY_BYTES);
    verifySignature(head, sha256Hex(body), context);
    return { ...head, body: Readable.from([body]), trailers };
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => cut(response));
  });
  await listen(server, options.port ?? 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
