import { asVergeError } from '../../contract/as-verge-error.ts';
import { type LocalReply, localRequestSchema, localReturnAddressSchema } from '../../contract/local.ts';
import { MESSAGE_SCHEMA_VERSION } from '../../contract/parts.ts';
import { type ReadOutcome, readAs, readJson, readVersionedValue } from '../../contract/read-json.ts';
import { LOCAL_REQUEST_TOPIC } from '../../contract/topics.ts';
import type { LocalBus, LocalMessage, LocalPayload, LocalSubscription } from '../../link/local-bus.ts';
import type { RequestRefused } from '../command-source.ts';
import { makeReplies, nameTexts, refuseReply } from '../reply.ts';
import type { TextDesk } from '../text-desk.ts';

export interface LocalSourceOptions {
  readonly bus: LocalBus;
  readonly desk: Pick<TextDesk, 'ask'>;
  readonly now: () => Date;
  /** Of one reply message; the bus of nucleus lite closes at 10,000 (fact L4). */
  readonly maxReplyBytes: number;
  readonly runnersUp: number;
  /** For requests that no reply can be sent to. */
  readonly onRefused: RequestRefused;
  /** A reply could not be sent; its results are reported all the same. */
  readonly onReplyLost: (error: unknown) => void;
}

/** Texts from other components on the device: asked on one topic, answered on the topic that each request names. */
export class LocalSource {
  readonly #options: LocalSourceOptions;
  #subscription: LocalSubscription | undefined;

  constructor(options: LocalSourceOptions) {
    this.#options = options;
  }

  start(): LocalSubscription {
    this.#subscription = this.#options.bus.subscribe(LOCAL_REQUEST_TOPIC, (message) => this.#handle(message));
    return this.#subscription;
  }

  /** Takes no more requests; those begun are finished by the desk. */
  stop(): void {
    this.#subscription?.stop();
  }

  async #handle({ topic, payload }: LocalMessage): Promise<void> {
    const { desk, now, maxReplyBytes, runnersUp, onRefused } = this.#options;
    const observedAt = now();
    const json: ReadOutcome<unknown> =
      payload.kind === 'json' ? { ok: true, value: payload.value } : readJson(payload.bytes);
    const value = json.ok ? json.value : undefined;
    const address = json.ok ? readAs(localReturnAddressSchema, value) : json;
    if (!address.ok) {
      const { code, message } = address.failure;
      onRefused({ code, message: `a request on ${topic} was refused: ${message}` });
      return;
    }
    const { id, replyTo } = address.value;
    const read = readVersionedValue(localRequestSchema, MESSAGE_SCHEMA_VERSION, value);
    if (!read.ok) {
      await this.#reply(replyTo, payload.kind, [refuseReply(id, read.failure)]);
      return;
    }
    const texts = nameTexts(read.value.id, read.value.texts);
    try {
      const outcomes = await desk.ask(read.value.model, texts, observedAt);
      await this.#reply(
        replyTo,
        payload.kind,
        makeReplies({ id, texts, outcomes, observedAt, runnersUp }, maxReplyBytes),
      );
    } catch (error) {
      await this.#reply(replyTo, payload.kind, [refuseReply(id, asVergeError(error))]);
    }
  }

  async #reply(topic: string, kind: LocalPayload['kind'], replies: readonly LocalReply[]): Promise<void> {
    try {
      for (const value of replies) {
        const payload: LocalPayload =
          kind === 'json' ? { kind, value } : { kind, bytes: Buffer.from(JSON.stringify(value)) };
        await this.#options.bus.publish(topic, payload);
      }
    } catch (error) {
      this.#options.onReplyLost(error);
    }
  }
}
