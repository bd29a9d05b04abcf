import { Socket } from 'node:net';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { VergeError } from '../contract/error.ts';
import { backoffDelayMs } from './backoff.ts';
import { linkErrors } from './errors.ts';
import { holdAcks } from './held-acks.ts';
import { isRefusal } from './is-refusal.ts';
import type { Link, LinkChange, LinkHandler, LinkLimits, LinkState, LinkSubscription } from './link.ts';
import { matchesFilter } from './topic-filter.ts';

export interface MqttLinkOptions {
  /** mqtt://, mqtts://, ws:// or wss:// */
  readonly url: string;
  /** Stable from run to run, so that the broker knows the session again. */
  readonly clientId: string;
  /** False: the broker keeps subscriptions and messages while the client is away. */
  readonly cleanSession: boolean;
  readonly keepAliveSeconds: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM. Without `ca`, the certificates that Node trusts. */
  readonly tls?: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly key?: Buffer } | undefined;
  /** Sent by the broker when this client vanishes without a goodbye. */
  readonly lastWill?: { readonly topic: string; readonly payload: Uint8Array } | undefined;
  /** Messages that may be taken in unacknowledged; default: 100. */
  readonly maxUnacknowledged?: number | undefined;
  /**
   * 5: also tells the broker that number, which may then send as many at once; a session lasts until it is resumed. Default: 4
   * (MQTT 3.1.1), which every broker speaks, the embedded one included (fact N6).
   */
  readonly protocol?: 4 | 5 | undefined;
  readonly random?: () => number;
}

/** IoT Core leaves a client 100 unacknowledged messages; brokers with less simply send less. */
const MAX_UNACKNOWLEDGED = 100;
const LIMITS: LinkLimits = { inFlightMessages: 20 };
const CONNECT_TIMEOUT_MS = 10_000;
const PUBLISH_TIMEOUT_MS = 30_000;
const GOODBYE_TIMEOUT_MS = 2000;
/** A session that is resumed begins with what the broker kept meanwhile, which MQTT does not mark. */
const RESUMING_MS = 10_000;

interface Route {
  readonly filter: string;
  readonly handler: LinkHandler;
  stopped: boolean;
  granted: boolean;
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

/** A plain MQTT broker behind the link port. */
export class MqttLink implements Link {
  readonly limits = LIMITS;
  readonly redelivers = true;
  readonly #client: MqttClient;
  readonly #random: () => number;
  readonly #routes: Route[] = [];
  readonly #listeners = new Set<(change: LinkChange) => void>();
  readonly #pending = new Set<(error: VergeError) => void>();
  #state: LinkState = 'waiting';
  #started = false;
  #attempt = 0;
  #resumedUntilMs = 0;
  #lastError: (Error & { code?: unknown }) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MqttLinkOptions) {
    this.#random = options.random ?? Math.random;
    this.#client = connect(options.url, clientOptionsOf(options, backoffDelayMs(0, this.#random())));
    holdAcks(this.#client, options.maxUnacknowledged ?? MAX_UNACKNOWLEDGED, (packet) => this.#receive(packet));
    this.#client.on('connect', ({ sessionPresent }) => this.#connected(sessionPresent));
    this.#client.on('reconnect', () => {
      this.#attempt++;
      this.#client.options.reconnectPeriod = backoffDelayMs(this.#attempt, this.#random());
    });
    this.#client.on('error', (error) => {
      this.#lastError = error;
    });
    this.#client.on('close', () => this.#disconnected());
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (this.#started || this.#closing) return;
    this.#started = true;
    this.#client.connect();
  }

  publish(topic: string, payload: Uint8Array, { qos }: { readonly qos: 0 | 1 }): Promise<void> {
    if (this.#state !== 'connected') return Promise.reject(this.#down(topic));
    return new Promise((resolve, reject) => {
      let messageId: number | undefined;
      const settle = (error?: VergeError): void => {
        if (!this.#pending.delete(fail)) return;
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const fail = (error: VergeError): void => {
        settle(error);
        // mqtt.js would send it again by itself; that is the outbox's to decide.
        if (messageId !== undefined) this.#client.removeOutgoingMessage(messageId);
      };
      const timer = setTimeout(() => {
        fail(linkErrors.make('LINK_PUBLISH_TIMEOUT', `${topic} was not acknowledged within ${PUBLISH_TIMEOUT_MS} ms`));
      }, PUBLISH_TIMEOUT_MS);
      this.#pending.add(fail);
      this.#client.publish(topic, Buffer.from(payload), { qos }, (error) => {
        if (error) settle(linkErrors.make('LINK_PUBLISH_REFUSED', `${topic} was refused (${error.message})`, error));
        else settle();
      });
      if (qos === 1) messageId = this.#client.getLastMessageId();
    });
  }

  subscribe(filter: string, handler: LinkHandler): LinkSubscription {
    const { promise, ...settle } = promiseWithResolvers();
    promise.catch(() => undefined); // whoever cares awaits `granted`
    const route: Route = { filter, handler, stopped: false, granted: false, settle };
    this.#routes.push(route);
    if (this.#state === 'connected') this.#ask(route);
    if (this.#state === 'closed') settle.reject(this.#down(filter));
    return {
      granted: promise,
      stop: () => {
        route.stopped = true;
      },
    };
  }

  onChange(listener: (change: LinkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #connected(sessionPresent: boolean): void {
    this.#attempt = 0;
    this.#resumedUntilMs = sessionPresent ? performance.now() + RESUMING_MS : 0;
    this.#client.options.reconnectPeriod = backoffDelayMs(0, this.#random());
    // Packets are small, and each waits for an answer: with Nagle's algorithm every one of them costs 40 ms.
    const { stream } = this.#client;
    if (stream instanceof Socket) stream.setNoDelay(true);
    this.#state = 'connected';
    // Before anybody hears of the connection and speaks: who is spoken to may answer at once.
    for (const route of this.#routes) {
      if (!sessionPresent) route.granted = false;
      if (!route.granted) this.#ask(route);
    }
    const reason = sessionPresent ? 'the broker resumed the session' : 'the broker began a session';
    this.#change('connected', reason);
  }

  #disconnected(): void {
    const error = this.#lastError;
    const reason = error?.message || error?.code || 'the connection was closed'; // several tries in one have no message
    this.#lastError = undefined;
    if (this.#state !== 'closed') this.#change('waiting', String(reason), isRefusal(error));
    for (const fail of [...this.#pending])
      fail(linkErrors.make('LINK_DOWN', `the link broke in mid-publish (${reason})`));
  }

  #ask(route: Route): void {
    const refuse = (why: string): void => {
      const what = `the broker refused the subscription to ${route.filter} (${why})`;
      route.settle.reject(linkErrors.make('LINK_SUBSCRIBE_REFUSED', what));
      this.#change(this.#state, what, true); // whoever was granted it before hears of it here
    };
    this.#client.subscribe(route.filter, { qos: 1 }, (error, granted) => {
      if (error && this.#state !== 'connected') return; // asked again after the reconnect
      if (error) refuse(error.message);
      else if (granted?.some(({ qos }) => qos > 2)) refuse('reason code 128');
      else {
        route.granted = true;
        route.settle.resolve();
      }
    });
  }

  async #receive({ topic, payload, retain, dup }: IPublishPacket): Promise<void> {
    const routes = this.#routes.filter(({ filter }) => matchesFilter(filter, topic));
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    // Rejecting leaves it unacknowledged, for the next session. Without any route it is nobody's, and is acknowledged.
    if (routes.some(({ stopped }) => stopped)) throw this.#down(`what came on ${topic}`);
    const kept = retain || dup || performance.now() < this.#resumedUntilMs;
    await Promise.all(routes.map(({ handler }) => handler({ topic, payload: bytes, kept })));
  }

  async #close(): Promise<void> {
    for (const fail of [...this.#pending]) fail(this.#down('a publish'));
    for (const { settle } of this.#routes) settle.reject(this.#down('a subscription'));
    this.#change('closed', 'the link was closed');
    this.#listeners.clear();
    if (!this.#started) return;
    const late = setTimeout(() => this.#client.end(true), GOODBYE_TIMEOUT_MS);
    await this.#client.endAsync();
    clearTimeout(late);
  }

  #change(state: LinkState, reason: string, refused = false): void {
    this.#state = state;
    for (const listener of this.#listeners) listener({ state, reason, ...(refused ? { refused } : {}) });
  }

  #down(what: string): VergeError {
    return this.#state === 'closed'
      ? linkErrors.make('LINK_CLOSED', `${what} cannot be sent: the link is closed`)
      : linkErrors.make('LINK_DOWN', `${what} cannot be sent: there is no connection`);
  }
}

function clientOptionsOf(options: MqttLinkOptions, reconnectPeriod: number): IClientOptions {
  const { user, password, tls, lastWill } = options;
  return {
    clientId: options.clientId,
    clean: options.cleanSession,
    keepalive: options.keepAliveSeconds,
    ...protocolOf(options),
    manualConnect: true,
    reconnectPeriod,
    reconnectOnConnackError: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false, // 65,536 buffers made beforehand take 10 MB
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls?.ca ? { ca: tls.ca } : {}),
    ...(tls?.certificate ? { cert: tls.certificate } : {}),
    ...(tls?.key ? { key: tls.key } : {}),
    ...(lastWill
      ? { will: { topic: lastWill.topic, payload: Buffer.from(lastWill.payload), qos: 1 as const, retain: false } }
      : {}),
  };
}

/** A session of MQTT 5 ends with its connection unless it is told how long it lasts: for ever. */
const NEVER_EXPIRES = 0xffff_ffff;

function protocolOf(options: MqttLinkOptions): Pick<IClientOptions, 'protocolVersion' | 'properties'> {
  const { protocol = 4, cleanSession, maxUnacknowledged = MAX_UNACKNOWLEDGED } = options;
  if (protocol === 4) return { protocolVersion: 4 };
  const sessionExpiryInterval = cleanSession ? 0 : NEVER_EXPIRES;
  return { protocolVersion: 5, properties: { sessionExpiryInterval, receiveMaximum: maxUnacknowledged } };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function promiseWithResolvers(): { promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
