import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { settingsSchema } from '../../component/contract/settings.ts';
import { TELEMETRY_STREAMS, type TelemetryStream, telemetryFilter } from '../../component/contract/topics.ts';
import { consumerErrors } from './errors.ts';

export interface ConsumeOptions {
  /** mqtt://, mqtts://, ws:// or wss:// and a host. */
  readonly broker: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM texts or bytes, as `readFileSync` gives them. Without `ca`, the certificates that Node trusts. */
  readonly tls?: TlsMaterial | undefined;
  /**
   * The name of this consumer, stable from run to run and used by one at a time. With it the broker keeps the session: what
   * comes while the consumer is away, for a moment or between two runs, is delivered when it is back. Without it a session
   * ends with its connection, and what comes while that is away is lost to this consumer (and reported as a gap).
   */
  readonly clientId?: string | undefined;
  /** Default: false with a `clientId`, true without. True begins anew at every connection. */
  readonly cleanSession?: boolean | undefined;
  /** Only this fleet, only this thing. Default: all. */
  readonly fleet?: string | undefined;
  readonly thing?: string | undefined;
  /** Default: `['result']`. */
  readonly streams?: readonly TelemetryStream[] | undefined;
  /**
   * Shares the messages with all consumers of this group (`$share/<group>/…`; brokers with MQTT 5, IoT Core, and not the
   * embedded one). Each gets a part, so gaps are not reported, and the two copies of a message that a device sent twice
   * may reach two consumers.
   */
  readonly group?: string | undefined;
  /**
   * 'taken' (default): an item is done when the loop asks for the next. 'manual': when `ack()` or `ackThrough()` says so.
   * The broker sends at most 100 unacknowledged messages (Mosquitto: 20) and then waits: a sink that gathers
   * rows for a transaction must commit after a while, however few there are.
   */
  readonly acknowledge?: 'taken' | 'manual' | undefined;
  /**
   * How many messages may be taken in and not acknowledged yet; memory is bounded by it. Default: 100, as many as IoT Core sends.
   */
  readonly maxUnacknowledged?: number | undefined;
  /**
   * The version of MQTT: 4 (3.1.1, the default), which every broker speaks, or 5, with which a broker that has a smaller number
   * of its own, such as Mosquitto's 20, sends `maxUnacknowledged` at once.
   */
  readonly protocol?: 4 | 5 | undefined;
  /** Ends the loop at the end of the message in hand. In manual mode acknowledgements are then still taken until none is owed. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many topics (one for each thing and stream) duplicates and gaps are remembered of; about 400 bytes each. Past it the
   * one unheard of for longest starts anew: a copy of an earlier message is then handed over again. Default: 50,000.
   */
  readonly maxTopics?: number | undefined;
  /** The broker notices a dead consumer after one and a half times this. Default: 30. */
  readonly keepAliveSeconds?: number | undefined;
}

export interface TlsMaterial {
  readonly ca?: string | Buffer | undefined;
  readonly certificate?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

const DEFAULT_MAX_TOPICS = 50_000;
const MAX_TOPICS_LIMIT = 10_000_000;
const MAX_CLIENT_ID_LENGTH = 128;
const MAX_UNACKNOWLEDGED_LIMIT = 65_535;

/** The MQTT filters that the options ask for. @throws VergeError CONSUMER_OPTION_INVALID */
export function filtersOf({ streams = ['result'], group, fleet, thing }: ConsumeOptions): string[] {
  if (streams.length === 0) throw invalid('streams is empty');
  if (group !== undefined && !/^[^/+#\p{Cc}]{1,64}$/u.test(group)) {
    throw invalid(`group ${quote(group)} is not 1 to 64 characters without /, + and #`);
  }
  const place = { ...(fleet === undefined ? {} : { fleet }), ...(thing === undefined ? {} : { thing }) };
  return [...new Set(streams)].map((stream) => {
    if (!TELEMETRY_STREAMS.includes(stream))
      throw invalid(`stream ${quote(stream)} is none of ${TELEMETRY_STREAMS.join(', ')}`);
    try {
      const filter = telemetryFilter(stream, place);
      return group === undefined ? filter : `$share/${group}/${filter}`;
    } catch (error) {
      throw invalid(`fleet ${quote(fleet ?? '')} or thing ${quote(thing ?? '')} is no name`, error);
    }
  });
}

/** Checks what `filtersOf` doesn't. @throws VergeError CONSUMER_OPTION_INVALID */
export function checkOptions(options: ConsumeOptions): {
  readonly maxTopics: number;
  readonly keepAliveSeconds: number;
} {
  const { broker, clientId, cleanSession, acknowledge = 'taken', tls } = options;
  const { maxTopics = DEFAULT_MAX_TOPICS, keepAliveSeconds = 30 } = options;
  // The value isn't quoted: it may hold a password.
  if (!settingsSchema.shape.brokerUrl.safeParse(broker).success || !URL.canParse(broker)) {
    throw invalid('broker is not mqtt://, mqtts://, ws:// or wss:// and a host');
  }
  if (clientId !== undefined && (clientId === '' || clientId.length > MAX_CLIENT_ID_LENGTH)) {
    throw invalid(`clientId has ${clientId.length} characters, and 1 to ${MAX_CLIENT_ID_LENGTH} are allowed`);
  }
  if (clientId === undefined && cleanSession === false) {
    throw invalid('cleanSession is false without a clientId, and the broker could not know the session again');
  }
  if (acknowledge !== 'taken' && acknowledge !== 'manual') {
    throw invalid(`acknowledge is ${quote(acknowledge)}, and neither taken nor manual`);
  }
  if (!Number.isInteger(maxTopics) || maxTopics < 1 || maxTopics > MAX_TOPICS_LIMIT) {
    throw invalid(`maxTopics is ${maxTopics}, and no whole number from 1 to ${MAX_TOPICS_LIMIT}`);
  }
  const { maxUnacknowledged = 1, protocol = 4 } = options;
  if (!Number.isInteger(maxUnacknowledged) || maxUnacknowledged < 1 || maxUnacknowledged > MAX_UNACKNOWLEDGED_LIMIT) {
    throw invalid(
      `maxUnacknowledged is ${maxUnacknowledged}, and no whole number from 1 to ${MAX_UNACKNOWLEDGED_LIMIT}`,
    );
  }
  if (protocol !== 4 && protocol !== 5) throw invalid(`protocol is ${quote(String(protocol))}, and neither 4 nor 5`);
  if (!settingsSchema.shape.brokerKeepAliveSeconds.safeParse(keepAliveSeconds).success) {
    throw invalid(`keepAliveSeconds is ${keepAliveSeconds}, and no whole number from 5 to 1200`);
  }
  if (tls !== undefined) checkTls(tls);
  return { maxTopics, keepAliveSeconds };
}

function checkTls({ ca, certificate, key }: TlsMaterial): void {
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid('tls has only one of certificate and key, and they go together');
  }
  try {
    if (ca !== undefined) new X509Certificate(ca); // a secure context would pass over what is no certificate
    createSecureContext({ ...(ca ? { ca } : {}), ...(certificate && key ? { cert: certificate, key } : {}) });
  } catch (error) {
    throw invalid(`tls holds something that is no PEM, or a key of another certificate (${String(error)})`, error);
  }
}

function invalid(what: string, cause?: unknown): Error {
  return consumerErrors.make('CONSUMER_OPTION_INVALID', what, cause);
}

function quote(value: string): string {
  return JSON.stringify(String(value).slice(0, 80));
}
