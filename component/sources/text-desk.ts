import type { Classification, Classifier } from '../classify/classification.ts';
import { engineErrors } from '../classify/errors.ts';
import type { CommandText } from '../contract/command.ts';
import { VergeError } from '../contract/error.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { PendingResult } from '../outbox/pending-result.ts';
import type { Admission } from './admission.ts';
import { describeAnswer, describeFailure } from './describe-result.ts';
import { sourceErrors } from './errors.ts';

/** After these the runtime is at its end: the request stays unacknowledged and comes again when it is back. */
const COMES_AGAIN: ReadonlySet<string> = new Set(['SOURCE_STOPPING', 'ENGINE_CLOSED', 'OUTBOX_CLOSED', 'OUTBOX_ENDED']);
const MAX_TRIES = 2;

/** A model as the desk uses it. */
export interface DeskModel {
  readonly reference: ModelReference;
  readonly classifier: Classifier;
}

export interface TextDeskOptions {
  /** Resolves when models serve; requests wait for it. */
  readonly ready: Promise<unknown>;
  /** The model of that name, or the first; undefined where there is none. */
  readonly model: (name: string | undefined) => DeskModel | undefined;
  readonly modelNames: () => readonly string[];
  readonly admission: Admission;
  /** Resolves when the result is as safe as it gets. */
  readonly deliver: (result: PendingResult) => Promise<void>;
  readonly includeText: boolean;
  /** Runners-up in a result; whoever asks directly gets all that the engine gives. */
  readonly runnersUp: number;
  /** Whether what was answered to its asker is reported as a result too. */
  readonly reportReplies: boolean;
  /** After the result is delivered. */
  readonly onAnswered: (answered: DeskAnswer) => void;
  readonly observe: TextObserver;
  /** A model's engine broke and will answer nothing more: resolves when another serves in its place. */
  readonly onEngineLost: (model: DeskModel) => Promise<void>;
}

/** A text with its answer. */
export interface DeskAnswer {
  readonly requestId: string;
  readonly text: string;
  readonly observedAt: Date;
  readonly model: ModelReference;
  readonly answer: Classification;
}

/** Told what becomes of texts. */
export interface TextObserver {
  /** @param latencyMs from acceptance to answer */
  answered(model: ModelReference, answer: Classification, latencyMs: number): void;
  /** A text was accepted and could not be answered. */
  failed(code: string): void;
  /** A text or a whole request was not accepted. */
  refused(code: string): void;
}

/** What a text came to. */
export type TextOutcome =
  | { readonly ok: true; readonly model: ModelReference; readonly answer: Classification }
  | { readonly ok: false; readonly error: VergeError };

/** One request's texts, however its source spells them. */
export interface TextRequest {
  /** Waits for room and takes the text; `ended` resolves when its result, or the failure it is answered with, is delivered. */
  take(text: CommandText, observedAt: Date): Promise<{ readonly ended: Promise<unknown> }>;
  /** Answers a text that isn't taken at all. */
  refuse(requestId: string, observedAt: Date, error: VergeError): Promise<void>;
  /** Answers a text that was accepted and is not tried any more. */
  giveUp(requestId: string, observedAt: Date, error: VergeError): Promise<void>;
  /** The request is over, whatever became of it. */
  close(): void;
}

/** Where all sources bring their texts: every text that is taken ends in exactly one result. */
export class TextDesk {
  readonly #options: TextDeskOptions;
  readonly #idle = new Set<() => void>();
  #serves = false;
  #open = 0;
  #closed = false;

  constructor(options: TextDeskOptions) {
    this.#options = options;
    void options.ready.then(() => {
      this.#serves = true;
    });
  }

  /** Resolves when models serve, or never will. */
  get ready(): Promise<unknown> {
    return this.#options.ready;
  }

  /** Whether models serve. */
  get serves(): boolean {
    return this.#serves;
  }

  /** Begins a request, as soon as models serve. @throws VergeError SOURCE_STOPPING */
  async open(modelName: string | undefined): Promise<TextRequest> {
    await this.#options.ready;
    this.#begin();
    return {
      take: async (text, observedAt) => {
        await this.#options.admission.enter();
        const ended = this.#answerAdmitted(modelName, text, observedAt, this.#options.deliver);
        ended.catch(() => undefined); // its request looks at it when all its texts are taken
        return { ended };
      },
      refuse: (requestId, observedAt, error) => {
        this.#options.observe.refused(error.code);
        return this.#options.deliver(describeFailure(requestId, observedAt, error));
      },
      giveUp: (requestId, observedAt, error) => {
        this.#options.observe.failed(error.code);
        return this.#options.deliver(describeFailure(requestId, observedAt, error));
      },
      close: () => this.#end(),
    };
  }

  /**
   * Texts of somebody who waits for the answers: all are taken or none, at once. What is taken is answered here, after its
   * result is with the outbox (unless replies are not reported).
   * @throws VergeError SOURCE_NOT_READY, SOURCE_STOPPING, ENGINE_QUEUE_FULL: nothing was taken, and nothing is reported;
   *   ENGINE_CLOSED, OUTBOX_CLOSED: the runtime ended meanwhile
   */
  async ask(modelName: string | undefined, texts: readonly CommandText[], observedAt: Date): Promise<TextOutcome[]> {
    const { admission, deliver, observe, reportReplies } = this.#options;
    if (!this.#serves) throw sourceErrors.make('SOURCE_NOT_READY', 'models are loading');
    this.#begin();
    try {
      if (!admission.tryEnter(texts.length)) {
        observe.refused('ENGINE_QUEUE_FULL');
        const what = `${admission.held} of ${admission.limit} texts are being answered, and there is no room for ${texts.length} more`;
        throw engineErrors.make('ENGINE_QUEUE_FULL', what);
      }
      const report = reportReplies ? deliver : () => Promise.resolve();
      const ended = texts.map((text) => this.#answerAdmitted(modelName, text, observedAt, report));
      await Promise.allSettled(ended); // the request is not over before its last text
      return await Promise.all(ended);
    } finally {
      this.#end();
    }
  }

  /** Takes no new requests. Those begun go on; resolves when they are done, or when the signal says that it is time. */
  close(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    if (this.#open === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #begin(): void {
    if (this.#closed) throw sourceErrors.make('SOURCE_STOPPING', 'the runtime is stopping and takes no more requests');
    this.#open++;
  }

  #end(): void {
    this.#open--;
    if (this.#open > 0) return;
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }

  async #answerAdmitted(
    modelName: string | undefined,
    text: CommandText,
    observedAt: Date,
    deliver: TextDeskOptions['deliver'],
  ): Promise<TextOutcome> {
    try {
      return await this.#answer(modelName, text, observedAt, deliver);
    } finally {
      this.#options.admission.leave();
    }
  }

  async #answer(
    modelName: string | undefined,
    { id, text }: CommandText,
    observedAt: Date,
    deliver: TextDeskOptions['deliver'],
  ): Promise<TextOutcome> {
    const { observe, includeText, runnersUp } = this.#options;
    const acceptedAt = performance.now();
    try {
      const { model, answer } = await this.#classify(modelName, text);
      observe.answered(model, answer, performance.now() - acceptedAt);
      const sent = includeText ? text : undefined;
      await deliver(describeAnswer(answer, { requestId: id, model, observedAt, text: sent }, runnersUp));
      this.#options.onAnswered({ requestId: id, text, observedAt, model, answer });
      return { ok: true, model, answer };
    } catch (error) {
      if (!(error instanceof VergeError)) throw error;
      if (COMES_AGAIN.has(error.code)) throw error;
      if (error.code === 'ENGINE_RUN_FAILED' || error.code === 'ENGINE_WORKER_FAILED') observe.failed(error.code);
      else observe.refused(error.code);
      await deliver(describeFailure(id, observedAt, error));
      return { ok: false, error };
    }
  }

  /** A worker may break under a text that isn't to blame: it is asked once more when the model is there again. */
  async #classify(
    modelName: string | undefined,
    text: string,
  ): Promise<{ readonly model: ModelReference; readonly answer: Classification }> {
    for (let tries = 1; ; tries++) {
      const model = this.#options.model(modelName);
      if (model === undefined) throw this.#unknownModel(modelName);
      try {
        return { model: model.reference, answer: await model.classifier.classify(text) };
      } catch (error) {
        if (!(error instanceof VergeError) || error.code !== 'ENGINE_WORKER_FAILED') throw error;
        await this.#options.onEngineLost(model);
        if (tries === MAX_TRIES) throw error;
      }
    }
  }

  #unknownModel(name: string | undefined): VergeError {
    return sourceErrors.make(
      'SOURCE_MODEL_UNKNOWN',
      `no model ${name ?? ''} serves here; there are ${this.#options.modelNames().join(', ') || 'none'}`,
    );
  }
}
