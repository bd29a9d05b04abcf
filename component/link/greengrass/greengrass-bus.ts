import { VergeError } from '../../contract/error.ts';
import { linkErrors } from '../errors.ts';
import type { LocalBus, LocalHandler, LocalPayload, LocalSubscription } from '../local-bus.ts';
import { type IpcClient, refusalOf, wordsOf } from './ipc-client.ts';
import type { Connection, IpcSession } from './ipc-session.ts';

type Stream = ReturnType<IpcClient['subscribeToTopic']>;
type PublishMessage = Parameters<IpcClient['publishToTopic']>[0]['publishMessage'];

/** Publish and subscribe among the components of a core, over the nucleus's IPC (fact L6: both nuclei have it). */
export class GreengrassBus implements LocalBus {
  readonly #session: IpcSession;

  /** @param session stays open when the bus is no longer used */
  constructor(session: IpcSession) {
    this.#session = session;
  }

  subscribe(topic: string, handler: LocalHandler): LocalSubscription {
    let stream: Stream | undefined;
    let stopped = false;
    let settle: { resolve(): void; reject(error: unknown): void } = {
      resolve: () => undefined,
      reject: () => undefined,
    };
    const granted = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    granted.catch(() => undefined); // whoever cares awaits it

    const activate = async (client: IpcClient): Promise<void> => {
      const opened = client.subscribeToTopic({ topic });
      opened.on('message', ({ binaryMessage, jsonMessage }) => {
        if (stopped) return;
        const payload = payloadOf(binaryMessage?.message, jsonMessage?.message);
        if (payload) handler({ topic, payload }).catch(() => undefined); // at most once: there is nobody to tell
      });
      opened.on('streamError', () => undefined); // an event of a shape that is not ours
      await opened.activate();
      // Not before: to close a stream that is being activated leaves its promise open for ever (fact I2).
      if (stopped) await opened.close();
      else stream = opened;
    };
    const open = async (connection: Connection): Promise<void> => {
      if (stopped) return;
      try {
        await connection.call(`the subscription to ${topic}`, activate);
        settle.resolve();
      } catch (error) {
        if (refusalOf(error) !== 'unauthorized') throw error;
        const what = `the nucleus refused the local subscription to ${topic} (${wordsOf(error)})`;
        settle.reject(linkErrors.make('LINK_SUBSCRIBE_REFUSED', what, error));
      }
    };
    const { end } = this.#session.prepare(open);
    return {
      granted,
      stop: () => {
        stopped = true;
        end();
        stream?.close().catch(() => undefined); // its connection may be gone
      },
    };
  }

  async publish(topic: string, payload: LocalPayload): Promise<void> {
    const connection = this.#session.connection();
    try {
      const publishMessage = publishMessageOf(payload);
      await connection.call(`a message on ${topic}`, (client) => client.publishToTopic({ topic, publishMessage }));
    } catch (error) {
      if (error instanceof VergeError) throw error;
      const why = `a message on ${topic} (${wordsOf(error)})`;
      // The SDK may say so before it tells of the end of the connection.
      if (refusalOf(error) === undefined)
        throw linkErrors.make('LINK_DOWN', `the nucleus did not answer ${why}`, error);
      throw linkErrors.make('LINK_PUBLISH_REFUSED', `the nucleus refused ${why}`, error);
    }
  }
}

function publishMessageOf(payload: LocalPayload): PublishMessage {
  if (payload.kind === 'binary') return { binaryMessage: { message: Buffer.from(payload.bytes) } };
  return { jsonMessage: { message: payload.value as never } }; // any JSON value; the SDK's type knows objects alone
}

function payloadOf(bytes: unknown, value: unknown): LocalPayload | undefined {
  if (bytes !== undefined) {
    return { kind: 'binary', bytes: bytes instanceof Uint8Array ? bytes : Buffer.from(String(bytes)) };
  }
  return value === undefined ? undefined : { kind: 'json', value };
}
