import { VergeError } from '../../contract/error.ts';
import { linkErrors } from '../errors.ts';
import type { Link, LinkChange, LinkHandler, LinkLimits, LinkState, LinkSubscription } from '../link.ts';
import { refusalOf, wordsOf } from './ipc-client.ts';
import type { IpcSession } from './ipc-session.ts';
import type { NucleusLimits } from './nucleus.ts';
import { PublishLine, type Waiting } from './publish-line.ts';
import { Route } from './route.ts';

export interface GreengrassLinkOptions {
  /** Stays open when the link is closed: others use it too. */
  readonly session: IpcSession;
  readonly limits: NucleusLimits;
  /** A message came while too many others were being handled, and is lost. */
  readonly onOverrun?: (topic: string) => void;
  /** What is sent in place of a payload that is sent once more; default: itself. */
  readonly replayOf?: (payload: Uint8Array) => Uint8Array;
  readonly random?: () => number;
}

/** The SDK's enum, by its value on the wire. */
const AT_LEAST_ONCE = '1' as never;
const AT_MOST_ONCE = '0' as never;

/**
 * IoT Core through the nucleus (fact L6). An acknowledgement here means that the nucleus has taken the message: lite has
 * then written it to its connection, and forgets what the broker had not acknowledged when that breaks; the Java nucleus
 * has it in its spool, in memory. So the last messages under lite are sent once more after the broker or the nucleus was
 * seen to be away; what is lost in a break that nobody noticed the consumer sees by the sequence numbers.
 */
export class GreengrassLink implements Link {
  readonly limits: LinkLimits;
  /** The nucleus has acknowledged it before the component has seen it. */
  readonly redelivers = false;
  readonly #session: IpcSession;
  readonly #line: PublishLine;
  readonly #routes: Route[] = [];
  readonly #listeners = new Set<(change: LinkChange) => void>();
  readonly #onOverrun: (topic: string) => void;
  readonly #unlisten: (() => void)[] = [];
  #state: LinkState = 'waiting';
  #blocked = false;

  constructor({ session, limits, onOverrun, replayOf, random }: GreengrassLinkOptions) {
    this.#session = session;
    this.limits = limits;
    this.#onOverrun = onOverrun ?? (() => undefined);
    this.#line = new PublishLine({
      send: (message) => this.#send(message),
      onBlocked: () => {
        this.#blocked = true;
        this.#change('waiting', 'the nucleus takes no messages now: the broker is away');
      },
      onFree: () => {
        this.#blocked = false;
        if (session.state === 'connected') this.#change('connected', 'the nucleus takes messages again');
      },
      random: random ?? Math.random,
      forgets: limits.forgets,
      replayOf,
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (this.#unlisten.length > 0 || this.#state === 'closed') return;
    const { done, end } = this.#session.prepare(async (connection) => {
      for (const route of this.#routes) await route.open(connection);
    });
    this.#unlisten.push(
      end,
      this.#session.onChange(({ state, reason }) => this.#sessionChanged(state, reason)),
    );
    this.#session.start();
    void done.then(() => {
      if (this.#session.state === 'connected') this.#sessionChanged('connected', 'the nucleus is connected already');
    });
  }

  publish(topic: string, payload: Uint8Array, { qos }: { readonly qos: 0 | 1 }): Promise<void> {
    if (this.#state !== 'connected') return Promise.reject(this.#down(topic));
    const { payloadBytes } = this.limits;
    if (payloadBytes !== undefined && payload.length > payloadBytes) {
      const what = `${topic} would carry ${payload.length} bytes, over the ${payloadBytes} that the nucleus takes`;
      return Promise.reject(linkErrors.make('LINK_PUBLISH_REFUSED', what));
    }
    return this.#line.add({ topic, payload, qos });
  }

  subscribe(filter: string, handler: LinkHandler): LinkSubscription {
    const route = new Route({
      filter,
      handler,
      onOverrun: this.#onOverrun,
      onRefused: (why) => this.#change(this.#state, why, true),
    });
    this.#routes.push(route);
    if (this.#state === 'closed') route.close(this.#down(filter));
    else if (this.#unlisten.length > 0 && this.#session.state === 'connected') this.#open(route);
    return {
      granted: route.granted,
      stop: () => {
        route.close(this.#down(filter));
        this.#routes.splice(this.#routes.indexOf(route), 1);
      },
    };
  }

  onChange(listener: (change: LinkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    for (const end of this.#unlisten) end();
    this.#change('closed', 'the link was closed');
    this.#listeners.clear();
    this.#line.reset(this.#down('a publish'));
    for (const route of this.#routes.splice(0)) route.close(this.#down('a subscription'));
  }

  async #send({ topic, payload, qos }: Waiting): Promise<'taken' | 'busy'> {
    try {
      await this.#session.connection().call(`a publish to ${topic}`, (client) =>
        client.publishToIoTCore({
          topicName: topic,
          qos: qos === 1 ? AT_LEAST_ONCE : AT_MOST_ONCE,
          payload: Buffer.from(payload),
        }),
      );
      return 'taken';
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === 'unauthorized') {
        throw linkErrors.make('LINK_PUBLISH_REFUSED', `${topic} was refused (${wordsOf(error)})`, error);
      }
      if (refusal !== undefined) return 'busy'; // facts L5 and G8: too much under way, or no broker
      if (error instanceof VergeError && error.code !== 'LINK_CALL_TIMEOUT') throw error;
      if (error instanceof VergeError) throw linkErrors.make('LINK_PUBLISH_TIMEOUT', error.what, error);
      throw linkErrors.make('LINK_DOWN', `${topic} could not be handed to the nucleus (${wordsOf(error)})`, error);
    }
  }

  #open(route: Route): void {
    const connection = this.#session.connection();
    route.open(connection).catch(() => connection.close());
  }

  #sessionChanged(state: LinkState, reason: string): void {
    if (this.#state === 'closed') return;
    if (state === 'connected') {
      if (this.#state === 'connected') return;
      this.#change('connected', reason);
      return;
    }
    this.#blocked = false;
    this.#change('waiting', reason);
    this.#line.reset(linkErrors.make('LINK_DOWN', `the connection to the nucleus broke in mid-publish (${reason})`));
  }

  #change(state: LinkState, reason: string, refused = false): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener({ state, reason, ...(refused ? { refused } : {}) });
  }

  #down(what: string): VergeError {
    return this.#state === 'closed'
      ? linkErrors.make('LINK_CLOSED', `${what} cannot be sent: the link is closed`)
      : linkErrors.make(
          'LINK_DOWN',
          `${what} cannot be sent: ${this.#blocked ? 'the broker is away' : 'there is no connection'}`,
        );
  }
}
