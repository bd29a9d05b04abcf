import type { CommandText } from '../../contract/command.ts';
import type { VergeError } from '../../contract/error.ts';
import type { HttpOperation } from '../../contract/http-routes.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { TextOutcome } from '../text-desk.ts';

/** A request that came in whole. */
export interface HttpCall {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  /** Given by us; goes back as `x-amzn-RequestId`, and results carry it. */
  readonly requestId: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What of a model decides whether it can answer an operation. */
export interface ModelFacts extends Pick<Manifest, 'name' | 'task' | 'problemType' | 'labels'> {
  readonly rejectLabel: string | undefined;
}

/** What services have in common. */
export interface HttpBack {
  /** The model that is to answer; undefined where no route says. @param name of the endpoint or bot that was called */
  route(operation: HttpOperation, name?: string): string | undefined;
  /** @throws VergeError SOURCE_NOT_READY, SOURCE_MODEL_UNKNOWN */
  facts(model: string): ModelFacts;
  /** @throws VergeError as the desk's `ask` does */
  ask(model: string | undefined, texts: readonly CommandText[], observedAt?: Date): Promise<TextOutcome[]>;
  now(): Date;
}

/** One API. */
export interface HttpService {
  /** Looks at method, path and headers alone. */
  accepts(call: Omit<HttpCall, 'body'>): boolean;
  /** @throws Refusal, VergeError */
  answer(call: HttpCall, back: HttpBack): Promise<HttpReply>;
  /** What went wrong, in this API's words. */
  refuse(refusal: Refusal): HttpReply;
  /** This API's own names for troubles that every API has. */
  readonly troubles: Readonly<Record<Trouble, Named>>;
}

/** An error of an API: its name there and its HTTP status. */
export interface Named {
  readonly type: string;
  readonly status: number;
}

/**
 * - `full`: no room now, come again
 * - `unavailable`: models load, or the runtime stops
 * - `no-model`: the model that should answer is not here
 * - `too-long`: the text
 * - `failed`: ours
 */
export type Trouble = 'full' | 'unavailable' | 'no-model' | 'too-long' | 'failed';

const TROUBLES: Readonly<Record<string, Trouble>> = {
  ENGINE_QUEUE_FULL: 'full',
  SOURCE_NOT_READY: 'unavailable',
  SOURCE_STOPPING: 'unavailable',
  ENGINE_CLOSED: 'unavailable',
  OUTBOX_CLOSED: 'unavailable',
  SOURCE_MODEL_UNKNOWN: 'no-model',
  ENGINE_TEXT_TOO_LONG: 'too-long',
};

export function troubleOf({ code }: VergeError): Trouble {
  return TROUBLES[code] ?? 'failed';
}

/** A call that an API turns down, by the API's own name for it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly type: string;
  readonly status: number;
  /** More members of the error, where the API has them. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor({ type, status }: Named, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.members = members;
  }
}
