import { backoffDelayMs } from '../backoff.ts';
import { linkErrors } from '../errors.ts';
import type { LinkState } from '../link.ts';
import { type IpcClient, isClosedConnection, isTokenRefusal, makeIpcClient, refusalOf, wordsOf } from './ipc-client.ts';
import type { GreengrassEnvironment } from './nucleus.ts';
import { trySocket } from './try-socket.ts';

export interface IpcSessionOptions {
  readonly environment: Pick<GreengrassEnvironment, 'socketPath' | 'token'>;
  /** The token was refused again and again (fact L7): only a new process gets another. Called once for each row of refusals. */
  readonly onTokenRefused?: () => void;
  readonly random?: () => number;
}

export interface SessionChange {
  readonly state: LinkState;
  readonly reason: string;
}

/** What is done with each new connection before anybody hears of it, such as subscribing again. */
export type Preparation = (connection: Connection) => Promise<void>;

/** A local socket that leaves a call without an answer for so long is dead. */
const CALL_TIMEOUT_MS = 10_000;
/** So many refusals in a row, with back-off between, and the token is stale: a daemon that restarts is back by then. */
const REFUSALS_UNTIL_SURE = 5;

/** One connection of the SDK's client, from its handshake to its end. */
export class Connection {
  readonly client: IpcClient;
  /** Resolves when the connection is lost; never rejects. */
  readonly lost: Promise<void>;
  /** Ends of calls under way; a promise that they all wait for would hold on to every one until the connection ends. */
  readonly #underWay = new Set<() => void>();
  #isLost = false;
  #lose: () => void = () => undefined;

  constructor(client: IpcClient) {
    this.client = client;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    client.on('disconnection', () => this.close());
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Makes a call, raced with a timeout and with the end of the connection: by itself it would never settle then (fact
   * I2). A timeout ends the connection.
   * @throws VergeError LINK_DOWN, LINK_CALL_TIMEOUT; or the SDK's error
   */
  call<T>(what: string, run: (client: IpcClient) => Promise<T>, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    const down = (): Error => linkErrors.make('LINK_DOWN', `the connection to the nucleus broke in mid-call (${what})`);
    if (this.#isLost) return Promise.reject(down());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#underWay.delete(lose);
      };
      const lose = (): void => {
        settle();
        reject(down());
      };
      const timer = setTimeout(() => {
        settle();
        reject(linkErrors.make('LINK_CALL_TIMEOUT', `the nucleus did not answer ${what} within ${timeoutMs} ms`));
        this.close();
      }, timeoutMs);
      this.#underWay.add(lose);
      run(this.client).then(
        (answer) => {
          settle();
          resolve(answer);
        },
        (error: unknown) => {
          settle();
          // A call may meet the end of the connection before the SDK tells of it; to try it again there serves nobody.
          if (isClosedConnection(error)) this.close();
          // The SDK has errors of its own for calls that meet the end of the connection.
          reject(refusalOf(error) === undefined && this.#isLost ? down() : error);
        },
      );
    });
  }

  /** Ends it and frees what the SDK holds natively. Safe to call twice. */
  close(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#lose();
    for (const lose of [...this.#underWay]) lose();
    this.client.close().catch(() => undefined); // its native side was gone already
  }
}

/** Keeps a connection to the nucleus: a new client for each, with back-off, for ever. */
export class IpcSession {
  readonly #options: IpcSessionOptions;
  readonly #random: () => number;
  readonly #listeners = new Set<(change: SessionChange) => void>();
  readonly #preparations = new Set<Preparation>();
  /** What the nucleus can do beyond what both kinds can, asked once (fact L6). */
  readonly #capabilities = new Map<string, boolean>();
  #connection: Connection | undefined;
  #state: LinkState = 'waiting';
  #started = false;
  #connecting: Promise<void> = Promise.resolve();
  #attempt = 0;
  #refusals = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: IpcSessionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The connection there is now. @throws VergeError LINK_DOWN, LINK_CLOSED */
  connection(): Connection {
    if (this.#connection !== undefined && !this.#connection.isLost) return this.#connection;
    if (this.#state === 'closed') throw linkErrors.make('LINK_CLOSED', 'the connection to the nucleus is closed');
    throw linkErrors.make('LINK_DOWN', 'there is no connection to the nucleus');
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#connecting = this.#connect();
  }

  onChange(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Has something done with every connection to come, before it counts as connected, and with the one there is. `done`
   * resolves when it is done with that one, or where there is none.
   */
  prepare(preparation: Preparation): { readonly done: Promise<void>; readonly end: () => void } {
    this.#preparations.add(preparation);
    const connection = this.#state === 'connected' ? this.#connection : undefined;
    const done = connection === undefined ? Promise.resolve() : preparation(connection);
    return { done: done.catch(() => connection?.close()), end: () => this.#preparations.delete(preparation) };
  }

  /**
   * Tries something that not every nucleus can do. A refusal is remembered, and never asked for again in this process.
   * @returns whether it was done
   */
  async attempt(name: string, run: (connection: Connection) => Promise<unknown>): Promise<boolean> {
    if (this.#capabilities.get(name) === false) return false;
    try {
      await run(this.connection());
      this.#capabilities.set(name, true);
      return true;
    } catch (error) {
      if (refusalOf(error) !== undefined && !this.#capabilities.has(name)) this.#capabilities.set(name, false);
      return false;
    }
  }

  /** What was found out so far, for the log. */
  capabilities(): Readonly<Record<string, boolean>> {
    return Object.fromEntries(this.#capabilities);
  }

  /** Frees everything, once a handshake that is under way is over. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      clearTimeout(this.#retry);
      this.#change('closed', 'the connection was closed');
      this.#connection?.close();
      this.#connection = undefined;
      this.#listeners.clear();
    }
    await this.#connecting;
  }

  async #connect(): Promise<void> {
    const { environment } = this.#options;
    try {
      await trySocket(environment.socketPath);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#isClosed()) return;
    const client = makeIpcClient(environment);
    try {
      await client.connect();
    } catch (error) {
      client.close().catch(() => undefined);
      this.#failed(error);
      return;
    }
    if (this.#isClosed()) {
      client.close().catch(() => undefined);
      return;
    }
    await this.#use(new Connection(client));
  }

  async #use(connection: Connection): Promise<void> {
    this.#refusals = 0;
    this.#connection = connection;
    void connection.lost.then(() => this.#lost());
    try {
      for (const preparation of this.#preparations) await preparation(connection);
    } catch {
      connection.close(); // and from the beginning
      return;
    }
    if (connection.isLost || this.#isClosed()) return;
    this.#attempt = 0;
    this.#change('connected', 'the nucleus took the connection');
  }

  #failed(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#change('waiting', `the nucleus cannot be reached (${wordsOf(error)})`);
    this.#refusals = isTokenRefusal(error) ? this.#refusals + 1 : 0;
    if (this.#refusals === REFUSALS_UNTIL_SURE) this.#options.onTokenRefused?.();
    this.#again();
  }

  #lost(): void {
    this.#connection = undefined;
    if (this.#state === 'closed') return;
    this.#change('waiting', 'the connection to the nucleus broke');
    this.#again();
  }

  /** Asked again after every wait, in which it may have become so. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #again(): void {
    const delayMs = backoffDelayMs(this.#attempt++, this.#random());
    this.#retry = setTimeout(() => {
      this.#connecting = this.#connect();
    }, delayMs);
  }

  #change(state: LinkState, reason: string): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener({ state, reason });
  }
}
