import { connect } from 'node:net';

/** So long somebody must keep a connection open who is of any use; a daemon that is full or going down does not. */
const HOLD_MS = 20;
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Whether somebody listens at a socket and holds what connects to it. To be known before the SDK tries: a connection that
 * ends in the moment in which it begins ends the whole process there (an assertion of aws-crt 1.33 on the order of its
 * callbacks: `binding->connection != NULL`).
 * @throws Error of the socket
 */
export async function trySocket(socketPath: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(socketPath);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no connection in ${CONNECT_TIMEOUT_MS} ms`)));
    let timer: NodeJS.Timeout | undefined;
    socket.once('connect', () => {
      timer = setTimeout(() => {
        resolve();
        socket.destroy();
      }, HOLD_MS);
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('it closes connections at once'));
    });
    socket.resume(); // or an end by the other side is not noticed
  });
}
