import type { DataOf } from '../../component/contract/envelope.ts';
import type { ModelReference } from '../../component/contract/parts.ts';
import type { ReadFailure } from '../../component/contract/read-json.ts';
import type { AnsweredResult, FailedResult } from '../../component/contract/result.ts';
import type { TelemetryStream } from '../../component/contract/topics.ts';

/**
 * Acknowledging, where `acknowledge` is 'manual'. The broker sends again, to the next session of this client, what was
 * not acknowledged. It takes acknowledgements of whole messages in their order, so a message that is never
 * acknowledged holds up all behind it.
 */
export interface Acknowledgement {
  /** This item is done. A message is acknowledged when all its items are. Calling it twice, or after the end, does nothing. */
  ack(): void;
  /** This item and everything that was handed over before it is done: call it on the last row of a committed transaction. */
  ackThrough(): void;
}

/** The message that an item came by, as it came. */
export interface OriginalMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Leads back to the message. A function, so that an item as JSON is without it. */
export interface Traceable {
  /** The message with its original bytes, which other items may share: for whoever must keep what cannot be stored. */
  original(): OriginalMessage;
}

/** Which message something came by. (thing, boot, seq) within a stream is unique, and for a result its index too. */
export interface Origin {
  readonly fleet: string;
  readonly thing: string;
  /** One life of the runtime; later ones sort later. */
  readonly boot: string;
  /** Counts the messages of one stream within one boot, from 1. */
  readonly seq: number;
  /** When the device made the message, by its clock; as it wrote it. */
  readonly sentAt: string;
}

interface ResultHead extends Origin, Acknowledgement, Traceable {
  readonly kind: 'result';
  /** `<thing>:<boot>:<seq>:<index>`: the same for every copy of a result, so the key to upsert by. */
  readonly id: string;
  /** Place in its message, from 0. */
  readonly index: number;
  readonly runtimeVersion: string;
  /** True where the device had sent the message before; then a copy may have come to an earlier session. */
  readonly replay: boolean;
}

/** A text that was answered, with its model by value. */
export type AnsweredItem = ResultHead &
  Omit<AnsweredResult, 'model'> & { readonly answered: true; readonly model: ModelReference };

/** A text that the device accepted and could not answer. */
export type FailedItem = ResultHead & FailedResult & { readonly answered: false };

/** One result. */
export type ResultItem = AnsweredItem | FailedItem;

/** A message of another stream, whole. A health message with seq 0 is the last will: the broker speaks for a device that vanished. */
export type MessageItem = {
  [S in Exclude<TelemetryStream, 'result'>]: Origin &
    Acknowledgement &
    Traceable & {
      readonly kind: S;
      /** `<thing>:<boot>:<seq>` */
      readonly id: string;
      readonly data: DataOf<S>;
    };
}[Exclude<TelemetryStream, 'result'>];

/** Where messages are missing. */
export interface GapItem extends Acknowledgement {
  readonly kind: 'gap';
  readonly fleet: string;
  readonly thing: string;
  readonly boot: string;
  readonly stream: TelemetryStream;
  /** The first and the last that are missing. */
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly missing: number;
}

/** A message came late, the item after this one, that had been reported missing. */
export interface FilledItem extends Acknowledgement {
  readonly kind: 'filled';
  readonly fleet: string;
  readonly thing: string;
  readonly boot: string;
  readonly stream: TelemetryStream;
  readonly seq: number;
}

/** A message that is none of the contract's, as it came. It counts as handled when it is acknowledged, like any other. */
export interface MalformedItem extends Acknowledgement {
  readonly kind: 'malformed';
  readonly topic: string;
  /** The original bytes. */
  readonly payload: Uint8Array;
  readonly code: ReadFailure['code'];
  /** What is wrong and where, in one sentence. It may quote the sender: escape it before it reaches a terminal or a page. */
  readonly message: string;
}

/** The way to the broker was lost (`waiting`: more tries are under way) or found. */
export interface LinkItem extends Acknowledgement {
  readonly kind: 'link';
  readonly state: 'waiting' | 'connected';
  readonly reason: string;
}

/** What a consumer hands over. Items without a message of their own (gap, filled, link) need no acknowledgement. */
export type ConsumerItem = ResultItem | MessageItem | GapItem | FilledItem | MalformedItem | LinkItem;
