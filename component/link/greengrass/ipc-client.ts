import { io } from 'aws-crt';
import { createClient } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc.js';
import { leaveCrashesToTheSystem } from './crash-signals.ts';
import type { GreengrassEnvironment } from './nucleus.ts';
import { guardStreamClose } from './stream-close.ts';

/** The device SDK's client. It connects once; after that only another one helps (fact I2). */
export type IpcClient = ReturnType<typeof createClient>;

/** A client for this component's socket, not yet connected. Whoever makes it closes it, or native memory leaks (fact I2). */
export function makeIpcClient({ socketPath, token }: Pick<GreengrassEnvironment, 'socketPath' | 'token'>): IpcClient {
  leaveCrashesToTheSystem();
  guardStreamClose();
  return createClient({
    hostName: socketPath,
    port: 0,
    socketOptions: new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.LOCAL, CONNECT_TIMEOUT_MS),
    connectTransform: async ({ message }) => ({ ...message, payload: JSON.stringify({ authToken: token }) }),
  });
}

const CONNECT_TIMEOUT_MS = 5000;

/** What kind of refusal an error of a call is; undefined where the call was not answered at all. */
export type Refusal = 'unauthorized' | 'absent' | 'service';

/** Reads the errors that the nucleus answers with: the SDK's `RpcError` with a `serviceError` in it. */
export function refusalOf(error: unknown): Refusal | undefined {
  const serviceError = field(error, 'serviceError');
  if (serviceError === undefined) return undefined;
  const code = field(serviceError, '_errorCode');
  if (code === 'UnauthorizedError') return 'unauthorized';
  return code === 'ResourceNotFoundError' ? 'absent' : 'service';
}

/** The words of an error for the log: the nucleus's own, where it has some. */
export function wordsOf(error: unknown): string {
  const own = field(field(error, 'serviceError'), '_message');
  if (typeof own === 'string' && own !== '') return own;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Whether the other side turned the token down: it answered the handshake with a no (Java), or closed the connection
 * instead of answering (lite, which does the same when it is just going down).
 */
export function isTokenRefusal(error: unknown): boolean {
  const type = field(error, 'type');
  return type === HANDSHAKE_ERROR || (type === NETWORK_ERROR && /closed/.test(wordsOf(error)));
}

/** Whether a call was not even begun, since the connection under it is closed. */
export function isClosedConnection(error: unknown): boolean {
  const words = [wordsOf(error), wordsOf(field(error, 'internalError'))];
  return (
    refusalOf(error) === undefined &&
    words.some((some) => /RPC_CONNECTION_CLOSED|connection has been closed/.test(some))
  );
}

/** `RpcErrorType` of the SDK, which is an enum in a module that one would load for two numbers. */
const HANDSHAKE_ERROR = 2;
const NETWORK_ERROR = 5;

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name] // just seen to be there
    : undefined;
}
