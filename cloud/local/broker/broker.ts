/**
 * The MQTT broker of tests, demos and people without one: aedes on a TCP port, and on TLS ports beside it where somebody
 * says who may do what there.
 *
 * What it does not do (fact N6): MQTT 5, shared subscriptions (`$share`), users and passwords, access control on the plain
 * port, a limit on what it sends without acknowledgement, sessions on disk. Sessions and their QoS 1 messages live in
 * memory, and survive `interrupt()` but not `close()`. What was kept for a client may come behind what arrives while it
 * reconnects. It takes payloads of any size, where IoT Core stops at 128 KB (fact G8).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { createSecureServer, enforceRights, type SecureListenerOptions } from './secure-listener.ts';

export interface BrokerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
}

export interface Broker {
  /** mqtt:// of the plain listener. */
  readonly url: string;
  /** Listens on a TLS port as well, for the same sessions and messages. */
  listenSecurely(options: SecureListenerOptions): Promise<SecureListener>;
  /** Cuts every connection and refuses new ones, as a broker does that is killed; sessions stay. */
  interrupt(): Promise<void>;
  /** Listens again on the same ports. */
  resume(): Promise<void>;
  /** Cuts the connections there are, and goes on listening. */
  dropConnections(): void;
  /** Ends it with everything it holds. Safe to call twice. */
  close(): Promise<void>;
}

export interface SecureListener {
  /** mqtts:// */
  readonly url: string;
  /** Ends it and its connections; the broker goes on. */
  close(): Promise<void>;
}

/** A thing name has up to 128 characters, and client ids are made of them. */
const MAX_CLIENT_ID_LENGTH = 256;

interface Listener {
  /** For a URL. */
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
  reopen(): Promise<void>;
}

/** Starts a broker. @throws Error of `listen`, such as EADDRINUSE */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const aedes = await Aedes.createBroker({ maxClientsIdLength: MAX_CLIENT_ID_LENGTH });
  const sockets = new Set<Socket>();
  const secured = new WeakMap<Socket, SecureListenerOptions>();
  enforceRights(aedes, (socket) => secured.get(socket));
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  };
  const plain = await openListener(() => createServer({ noDelay: true }, take), options.host, options.port);
  const listeners = new Set([plain]);
  let closing: Promise<void> | undefined;

  function dropConnections(): void {
    for (const socket of sockets) socket.destroy();
  }

  async function interrupt(): Promise<void> {
    const stopped = Promise.all([...listeners].map((listener) => listener.close()));
    dropConnections();
    await stopped;
  }

  return {
    url: `mqtt://${plain.host}:${plain.port}`,
    async listenSecurely(secure) {
      const mine = new Set<Socket>();
      const takeSecurely = (socket: Socket): void => {
        mine.add(socket);
        socket.on('close', () => mine.delete(socket));
        secured.set(socket, secure);
        take(socket);
      };
      const listener = await openListener(() => createSecureServer(secure, takeSecurely), secure.host, secure.port);
      listeners.add(listener);
      return {
        url: `mqtts://${listener.host}:${listener.port}`,
        async close() {
          if (!listeners.delete(listener)) return;
          const stopped = listener.close();
          for (const socket of mine) socket.destroy();
          await stopped;
        },
      };
    },
    interrupt,
    async resume() {
      await Promise.all([...listeners].map((listener) => listener.reopen()));
    },
    dropConnections,
    close() {
      closing ??= interrupt().then(() => new Promise<void>((resolve) => aedes.close(() => resolve())));
      return closing;
    },
  };
}

async function openListener(create: () => Server, host: string, wantedPort: number): Promise<Listener> {
  let server = await listen(create(), wantedPort, host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : wantedPort;
  return {
    host: host.includes(':') ? `[${host}]` : host,
    port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    async reopen() {
      server = await listen(create(), port, host);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
