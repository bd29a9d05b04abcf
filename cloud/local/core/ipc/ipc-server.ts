import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { IpcConnection, type IpcConnectionOptions } from './ipc-connection.ts';

export interface IpcServerOptions extends Omit<IpcConnectionOptions, 'socket'> {
  readonly socketPath: string;
}

/** The Unix socket that components speak to. */
export class IpcServer {
  readonly #options: IpcServerOptions;
  readonly #connections = new Set<IpcConnection>();
  #server: Server | undefined;

  constructor(options: IpcServerOptions) {
    this.#options = options;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Listens; what an earlier core left at the path is removed. */
  async open(): Promise<void> {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    const server = createServer((socket) => {
      const connection = new IpcConnection({ ...this.#options, socket });
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  }

  /** Cuts every connection there is, and goes on listening. */
  dropConnections(): void {
    for (const connection of this.#connections) connection.drop();
  }

  /** Stops listening and cuts everything, as a daemon does that dies. Safe to call twice. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }
}
