import type { Classification } from '../../classify/classification.ts';
import type { ModelReference } from '../../contract/parts.ts';
import type { SampleData } from '../../contract/sample.ts';
import type { Settings } from '../../contract/settings.ts';
import type { BudgetObjection, CaptureBudget } from './budget.ts';
import { drawOf, fingerprint, RecentNames } from './draw.ts';
import { Redaction } from './redaction.ts';

/** A text that was answered, from whichever source. */
export interface AnsweredText {
  readonly requestId: string;
  readonly text: string;
  readonly observedAt: Date;
  readonly model: ModelReference;
  readonly answer: Classification;
}

export type SampleBody = Omit<SampleData, 'schemaVersion' | 'boot' | 'seq'>;
export type CaptureReason = SampleData['reason'];

export interface CaptureOptions {
  /** Those in force; all that concern capture change while it runs. */
  readonly settings: () => CaptureSettings;
  readonly budget: CaptureBudget;
  /** Whether the model's scores are probabilities, of which one may be low. */
  readonly scoresAreProbabilities: (model: ModelReference) => boolean;
  /** No message is larger, its envelope included. */
  readonly messageBytes: () => number;
  /** Puts a sample on its way. */
  readonly post: (sample: SampleBody) => Promise<void>;
}

export type CaptureSettings = Pick<
  Settings,
  | 'captureBelowScore'
  | 'captureShare'
  | 'captureDisagreement'
  | 'capturePerHour'
  | 'captureBytesPerDay'
  | 'captureRedact'
>;

/** Over the rate, over the bytes, too long for a sample, too slow to redact or without a way to, or not taken by the outbox. */
export type CaptureDrop = BudgetObjection | 'tooLong' | 'redaction' | 'failed';

/** Since the start. */
export interface CaptureCounts {
  /** Samples that are with the outbox. */
  readonly captured: number;
  readonly dropped: Readonly<Record<CaptureDrop, number>>;
}

/** As the contract's. Longer ones are left out, not cut: half an address is found by no pattern. */
const MAX_SAMPLE_LENGTH = 8192;
/** Envelope, head and the longest topic. */
const ENVELOPE_BYTES = 700;
/** Requests and texts that are remembered, so that none is sent twice: some 150 KB when full. */
const REMEMBERED = 1024;

/** Picks texts for labelling, where the operator asked for them. Nothing waits for it and nothing fails by it. */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #redaction = new Redaction();
  readonly #seen = new RecentNames(2 * REMEMBERED);
  /** Samples are redacted one after the other, in the order of their texts. */
  #redacting: Promise<void> = Promise.resolve();
  #captured = 0;
  #dropped = { rate: 0, bytes: 0, tooLong: 0, redaction: 0, failed: 0 };

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  /** Looks at a text that was answered: is it unsure, is it drawn? Returns at once. */
  offer(answered: AnsweredText): void {
    const { captureBelowScore, captureShare } = this.#options.settings();
    if (captureBelowScore > 0 && this.#isBelow(answered, captureBelowScore)) this.#take(answered, 'low-confidence');
    else if (captureShare > 0 && drawOf(requestName(answered)) < captureShare) this.#take(answered, 'sampled');
  }

  /** A challenger has answered too. */
  compared(answered: AnsweredText, challenger: Classification): void {
    if (!this.#options.settings().captureDisagreement || answered.answer.label === challenger.label) return;
    this.#take(answered, 'disagreement');
  }

  /** Undefined where nothing is asked for and nothing was, so that the health of most devices says nothing of it. */
  counts(): CaptureCounts | undefined {
    const { captureBelowScore, captureShare, captureDisagreement } = this.#options.settings();
    const isOn = captureBelowScore > 0 || captureShare > 0 || captureDisagreement;
    const dropped = Object.values(this.#dropped).some((count) => count > 0);
    return isOn || dropped || this.#captured > 0
      ? { captured: this.#captured, dropped: { ...this.#dropped } }
      : undefined;
  }

  /** Resolves when every text that was taken has been handed on or left out. */
  async close(): Promise<void> {
    await this.#redacting;
    await this.#options.budget.close();
  }

  /** A text that was rejected is unsure by the model's own threshold; one without any label has no score to be low. */
  #isBelow({ model, answer }: AnsweredText, score: number): boolean {
    if (answer.rejected) return true;
    return answer.labelIndex >= 0 && answer.score < score && this.#options.scoresAreProbabilities(model);
  }

  #take(answered: AnsweredText, reason: CaptureReason): void {
    const request = requestName(answered);
    const text = fingerprint('text', answered.model.digest, answered.text);
    // A drawn text may repeat, for the draw to be fair to what is frequent; the others are worth a label once.
    if (this.#seen.has(request) || (reason !== 'sampled' && this.#seen.has(text))) return;
    const { capturePerHour, captureBytesPerDay } = this.#options.settings();
    const whole = describe(answered, answered.text, reason);
    if (!this.#fits(whole)) return;
    // The budget before redaction, by the size that the text has now: a flood must not cost the search for patterns.
    const limits = { perHour: capturePerHour, bytesPerDay: captureBytesPerDay };
    const objection = this.#options.budget.take(sizeOf(whole), limits);
    if (objection) {
      this.#dropped[objection]++;
      return;
    }
    this.#seen.add(request);
    this.#seen.add(text);
    this.#redacting = this.#redacting.then(() => this.#send(answered, reason));
  }

  async #send(answered: AnsweredText, reason: CaptureReason): Promise<void> {
    const { captureRedact } = this.#options.settings();
    const redacted = await this.#redaction.apply(answered.text, captureRedact).catch(() => undefined);
    if (redacted === undefined) {
      this.#dropped.redaction++;
      return;
    }
    const sample = describe(answered, redacted, reason);
    if (!this.#fits(sample)) return; // what stands for a stretch may be longer than it
    this.#options.post(sample).then(
      () => this.#captured++,
      () => this.#dropped.failed++,
    );
  }

  #fits(sample: SampleBody): boolean {
    if (sample.text.length <= MAX_SAMPLE_LENGTH && sizeOf(sample) <= this.#options.messageBytes()) return true;
    this.#dropped.tooLong++;
    return false;
  }
}

function requestName({ requestId, text }: AnsweredText): string {
  return fingerprint('request', requestId, text);
}

function sizeOf(sample: SampleBody): number {
  return Buffer.byteLength(JSON.stringify(sample)) + ENVELOPE_BYTES;
}

function describe(
  { requestId, observedAt, model, answer }: AnsweredText,
  text: string,
  reason: CaptureReason,
): SampleBody {
  const score = Math.abs(answer.score) <= 1 ? Math.round(answer.score * 10_000) / 10_000 : answer.score;
  return { model, requestId, observedAt: observedAt.toISOString(), text, label: answer.label, score, reason };
}
