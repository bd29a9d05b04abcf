/**
 * The MQTT broker of tests, demos and people without one: aedes on a TCP port.
 *
 * What it does not do (fact N6): MQTT 5, shared subscriptions (`$share`), TLS, users and access control, a limit on what
 * it sends without acknowledgement, sessions on disk. Sessions and their QoS 1 messages live in memory, and survive
 * `interrupt()` but not `close()`. What was kept for a client may come behind what arrives while it reconnects. It takes
 * payloads of any size, where IoT Core stops at 128 KB (fact G8).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

export interface BrokerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
}

export interface Broker {
  readonly url: string;
  /** Cuts every connection and refuses new ones, as a broker does that is killed; sessions stay. */
  interrupt(): Promise<void>;
  /** Listens again on the same port. */
  resume(): Promise<void>;
  /** Cuts the connections there are, and goes on listening. */
  dropConnections(): void;
  /** Ends it with everything it holds. Safe to call twice. */
  close(): Promise<void>;
}

/** A thing name has up to 128 characters, and client ids are made of them. */
const MAX_CLIENT_ID_LENGTH = 256;

/** Starts a broker. @throws Error of `listen`, such as EADDRINUSE */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const aedes = await Aedes.createBroker({ maxClientsIdLength: MAX_CLIENT_ID_LENGTH });
  const sockets = new Set<Socket>();
  let server = await listen(aedes, sockets, options.port, options.host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  let closing: Promise<void> | undefined;

  function dropConnections(): void {
    for (const socket of sockets) socket.destroy();
  }

  async function interrupt(): Promise<void> {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    dropConnections();
    await stopped;
  }

  return {
    url: `mqtt://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    interrupt,
    async resume() {
      server = await listen(aedes, sockets, port, options.host);
    },
    dropConnections,
    close() {
      closing ??= interrupt().then(() => new Promise<void>((resolve) => aedes.close(() => resolve())));
      return closing;
    },
  };
}

function listen(aedes: Aedes, sockets: Set<Socket>, port: number, host: string): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
