import type { Socket } from 'node:net';
import { createServer, type PeerCertificate, TLSSocket } from 'node:tls';
import type { Aedes, AuthErrorCode, Client } from 'aedes';

/** What a client may do. */
export interface TopicRights {
  mayPublish(topic: string): boolean;
  maySubscribe(filter: string): boolean;
}

/** A listener that asks every client for a certificate of one authority. */
export interface SecureListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM of the listener's own certificate and key, and of the authority. */
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** What whoever shows this certificate may do under this client id; undefined turns it away. */
  admit(certificate: PeerCertificate, clientId: string): TopicRights | undefined;
}

/** MQTT 3.1.1, 3.2.2.3: the connection is refused, not authorized. */
const NOT_AUTHORIZED: AuthErrorCode.NOT_AUTHORIZED = 5;

export function createSecureServer(
  { certificate, key, authority }: SecureListenerOptions,
  onSocket: (socket: Socket) => void,
): ReturnType<typeof createServer> {
  const server = createServer(
    { cert: certificate, key, ca: authority, requestCert: true, rejectUnauthorized: true, noDelay: true },
    onSocket,
  );
  server.on('tlsClientError', () => undefined); // whoever has no certificate is cut off, and hears why from TLS
  return server;
}

/**
 * Holds those who come through a secure listener to their rights, as IoT Core does: a connection that isn't admitted is
 * refused, a publish that isn't allowed ends the connection, and a filter that isn't is refused in the acknowledgement.
 * Clients of plain listeners may do everything.
 */
export function enforceRights(aedes: Aedes, listenerOf: (socket: Socket) => SecureListenerOptions | undefined): void {
  const rights = new WeakMap<Client, TopicRights>();
  const usual = aedes.authorizePublish; // keeps `$SYS` to the broker
  aedes.authenticate = (client, _user, _password, done) => {
    const { conn } = client;
    if (!(conn instanceof TLSSocket)) return done(null, true);
    const admitted = listenerOf(conn)?.admit(conn.getPeerCertificate(), client.id);
    if (!admitted) {
      const refused = new Error(`${client.id} is not admitted`);
      return done(Object.assign(refused, { returnCode: NOT_AUTHORIZED }), false);
    }
    rights.set(client, admitted);
    done(null, true);
  };
  aedes.authorizePublish = (client, packet, done) => {
    const held = client === null ? undefined : rights.get(client);
    if (held === undefined || held.mayPublish(packet.topic)) return usual.call(aedes, client, packet, done);
    done(new Error(`${client?.id} may not publish to ${packet.topic}`));
  };
  aedes.authorizeSubscribe = (client, subscription, done) => {
    const held = rights.get(client);
    done(null, held === undefined || held.maySubscribe(subscription.topic) ? subscription : null);
  };
}
