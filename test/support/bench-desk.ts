import type { Classification } from '../../component/classify/classification.ts';
import { Observations } from '../../component/monitor/observations.ts';
import type { PendingResult } from '../../component/outbox/pending-result.ts';
import { Admission } from '../../component/sources/admission.ts';
import { type DeskModel, TextDesk, type TextDeskOptions } from '../../component/sources/text-desk.ts';
import { MODEL } from './results.ts';

export interface BenchDesk {
  readonly desk: TextDesk;
  readonly delivered: readonly PendingResult[];
  /** Texts that the model was asked, in order. */
  readonly asked: readonly string[];
  readonly admission: Admission;
  readonly observations: Observations;
  /** Resolves when the test says so of what was delivered. */
  until(done: (delivered: readonly PendingResult[]) => boolean): Promise<void>;
  /** Resolves when the model was asked so many texts. */
  untilAsked(count: number): Promise<void>;
}

/** An answer with everything that an answer must have. */
export function classification(label: string, more: Partial<Classification> = {}): Classification {
  return {
    label,
    labelIndex: 0,
    score: 0.9,
    runnersUp: [],
    tokenCount: 6,
    truncated: false,
    unknownCount: 0,
    queueMs: 0.1,
    inferenceMs: 0.9,
    cached: false,
    ...more,
  };
}

/** The real desk, before a model that answers as the test says. */
export function benchDesk(
  classify: (text: string) => Promise<Classification> = async () => classification('alarm'),
  more: Partial<TextDeskOptions> = {},
  limit = 1000,
): BenchDesk {
  const delivered: PendingResult[] = [];
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  const observations = new Observations();
  const admission = new Admission(limit);
  const model: DeskModel = {
    reference: MODEL,
    classifier: {
      classify(text) {
        asked.push(text);
        for (const look of [...waiting]) look();
        return classify(text);
      },
      stats: () => ({ pending: 0, answered: 0, failed: 0, refused: 0, cacheHits: 0 }),
      close: () => Promise.resolve(),
    },
  };
  const desk = new TextDesk({
    ready: Promise.resolve(),
    model: (name) => (name === undefined || name === MODEL.name ? model : undefined),
    modelNames: () => [MODEL.name],
    admission,
    deliver: async (result) => {
      delivered.push(result);
      for (const look of [...waiting]) look();
    },
    includeText: true,
    runnersUp: 2,
    reportReplies: true,
    onAnswered: () => undefined,
    observe: observations,
    onEngineLost: () => Promise.resolve(),
    ...more,
  });
  return {
    desk,
    delivered,
    asked,
    admission,
    observations,
    until: (done) => when(() => done(delivered)),
    untilAsked: (count) => when(() => asked.length >= count),
  };

  function when(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!done()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  }
}

/** A model that answers when the test says so, one text after the other. */
export function heldDesk(limit = 1000): BenchDesk & { readonly finish: () => void } {
  const held: ((answer: Classification) => void)[] = [];
  const desk = benchDesk(() => new Promise((resolve) => held.push(resolve)), {}, limit);
  return { ...desk, finish: () => held.shift()?.(classification('alarm')) };
}

/** The texts of the results that carry one, in the order of their delivery. */
export function textsOf(delivered: readonly PendingResult[]): (string | undefined)[] {
  return delivered.flatMap((result) => ('text' in result ? [result.text] : []));
}
