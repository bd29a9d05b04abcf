import { describe, expect, it } from 'vitest';
import { BatchRunner, type RunnerSettings } from '../../../../component/classify/batch-runner.ts';
import type { WorkerAnswer } from '../../../../component/classify/messages.ts';
import type { ModelSession } from '../../../../component/classify/session.ts';
import type { EncodingWithOffsets, Tokenizer } from '../../../../component/text/tokenizer.ts';

/** One token a word, its id the word's length; id 9 counts as unknown. */
const tokenizer: Tokenizer = {
  kind: 'wordpiece',
  vocabularySize: 100,
  unknownTokenId: 9,
  encode: (text, maxLength) => encode(text, maxLength),
  encodeWithOffsets: (text, maxLength) => encode(text, maxLength),
};

function encode(text: string, maxLength: number): EncodingWithOffsets {
  const words = [...text.matchAll(/\S+/g)];
  const kept = words.slice(0, maxLength);
  const lengths = kept.map(([word]) => word.length);
  return {
    ids: Int32Array.from(lengths),
    truncated: words.length > maxLength,
    unknownCount: lengths.filter((length) => length === 9).length,
    offsets: Int32Array.from(kept.flatMap(({ index, 0: word }) => [index, index + word.length])),
  };
}

/** Answers with the sum of the ids on label 1 and zero on label 0; notes the shapes that it was asked for. */
class SumSession implements ModelSession {
  readonly asked: number[][] = [];

  run(batch: readonly Int32Array[]): { data: Float32Array; dims: number[] } {
    this.asked.push(batch.map((ids) => ids.length));
    if (batch.some((ids) => ids.includes(6))) throw new Error('six is too much');
    return {
      data: Float32Array.from(batch.flatMap((ids) => [0, ids.reduce((sum, id) => sum + id, 0)])),
      dims: [batch.length, 2],
    };
  }

  close(): void {}
}

const SETTINGS: RunnerSettings = {
  rules: {
    task: 'text-classification',
    problemType: 'regression',
    labels: ['zero', 'sum'],
    temperature: 1,
    rejection: undefined,
  },
  maxLength: 8,
  cacheEntries: 0,
  maxBatchTokens: 8,
  mixTexts: true,
  topK: 1,
};

function run(
  texts: readonly string[],
  changes: Partial<RunnerSettings> = {},
  session: ModelSession = new SumSession(),
  runner = new BatchRunner(tokenizer, session, { ...SETTINGS, ...changes }),
): (WorkerAnswer | string | undefined)[] {
  const found: (WorkerAnswer | string | undefined)[] = texts.map(() => undefined);
  runner.run(texts, {
    answered: (indices, answers) => {
      for (const [at, index] of indices.entries()) found[index] = answers[at];
    },
    failed: (indices, message) => {
      for (const index of indices) found[index] = message;
    },
  });
  return found;
}

describe('the batch runner', () => {
  it('runs texts sorted by length in batches that stay within the padded tokens (R2)', () => {
    const session = new SumSession();

    run(['a b c d', 'a', 'a b c', 'a b'], {}, session);

    expect(session.asked).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('runs every text alone where texts are not mixed (R5)', () => {
    const session = new SumSession();

    run(['a', 'a', 'b b'], { mixTexts: false }, session);

    expect(session.asked).toEqual([[1], [1], [2]]);
  });

  it('reports tokens, unknown tokens and truncation of each text', () => {
    const answers = run(['nine_long b', 'a b c'], { maxLength: 2 });

    expect(answers[0]).toMatchObject({ tokenCount: 2, unknownCount: 1, truncated: false });
    expect(answers[1]).toMatchObject({ tokenCount: 2, unknownCount: 0, truncated: true });
  });

  it('fails the texts of a batch that the model fails on, and no others', () => {
    const answers = run(['a', 'sixsix b c d e', 'a b c d'], { maxBatchTokens: 5 });

    expect(answers[0]).toMatchObject({ label: 'zero' });
    expect(answers[1]).toBe('six is too much');
    expect(answers[2]).toMatchObject({ label: 'zero' });
  });

  it('answers token ids that it has seen from the cache, with the truncation of the text at hand', () => {
    const session = new SumSession();
    const runner = new BatchRunner(tokenizer, session, { ...SETTINGS, cacheEntries: 4, maxLength: 2 });
    run(['a b'], {}, session, runner);

    const [again] = run(['c d e'], {}, session, runner);

    expect(again).toMatchObject({ cached: true, truncated: true, inferenceMs: 0 });
    expect(session.asked).toHaveLength(1);
  });

  it('merges the labels of tokens into entities on token tasks', () => {
    const session: ModelSession = {
      run: () => ({ data: Float32Array.of(9, 0, 0, 9), dims: [1, 2, 2] }),
      close: () => {},
    };

    const [answer] = run(
      ['to Rome'],
      { rules: { ...SETTINGS.rules, task: 'token-classification', labels: ['O', 'B-place'] } },
      session,
    );

    expect(answer).toMatchObject({ label: 'place', entities: [{ label: 'place', start: 3, end: 7 }] });
  });

  it('answers a token task without an entity with an empty label', () => {
    const session: ModelSession = {
      run: () => ({ data: Float32Array.of(9, 0), dims: [1, 1, 2] }),
      close: () => {},
    };

    const [answer] = run(
      ['nothing'],
      { rules: { ...SETTINGS.rules, task: 'token-classification', labels: ['O', 'B-place'] } },
      session,
    );

    expect(answer).toMatchObject({ label: '', labelIndex: -1, score: 0, entities: [] });
  });
});
