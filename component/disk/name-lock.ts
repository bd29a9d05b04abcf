import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** Gives the name back. */
export type Release = () => Promise<void>;

/**
 * Keeps a name to this process, by an abstract Unix socket: the kernel takes it back however the process ends, it needs no room
 * on the disk, and taking it is one atomic step. Nothing is ever said on it. It holds between the processes of one network
 * namespace, which those of one Greengrass core are. Only Linux has such sockets; elsewhere nothing is kept from anybody.
 * @param purpose what it is for, such as `outbox`: a word
 * @param name of any length
 * @returns undefined where another process has it
 */
export async function takeName(purpose: string, name: string): Promise<Release | undefined> {
  if (process.platform !== 'linux') return async () => undefined;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 40);
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`\0verge-${purpose}-${digest}`, resolve);
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
