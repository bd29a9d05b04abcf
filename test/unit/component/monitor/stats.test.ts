import { describe, expect, it } from 'vitest';
import type { Classification } from '../../../../component/classify/classification.ts';
import { statsDataSchema } from '../../../../component/contract/stats.ts';
import { measureDrift } from '../../../../component/monitor/drift/measure-drift.ts';
import { estimateAccuracy } from '../../../../component/monitor/stats/accuracy-estimate.ts';
import { describeStats, type StatsBody } from '../../../../component/monitor/stats/describe-stats.ts';
import { ModelWindows } from '../../../../component/monitor/stats/model-windows.ts';
import { StatsReport } from '../../../../component/monitor/stats/stats-report.ts';
import { Tally, type Yardstick } from '../../../../component/monitor/stats/tally.ts';
import { draw, makeRandom } from '../../../support/draw.ts';
import { MODEL } from '../../../support/results.ts';

const labels = ['alarm', 'weather', 'music', 'oos'];
const labelShares = [0.4, 0.3, 0.2, 0.1];
const yardstick: Yardstick = {
  task: 'text-classification',
  problemType: 'single_label_classification',
  labels,
  baseline: {
    sampleCount: 1000,
    labelShares,
    confidenceDeciles: [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 1],
    lengthDeciles: [3, 5, 6, 6, 7, 8, 8, 9, 10, 12, 20],
    unknownTokenRate: 0.01,
    truncationRate: 0,
    confidenceShares: [0, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.2, 0.5],
    lengthShares: [0.15, 0.2, 0, 0.1, 0.2, 0, 0.1, 0.08, 0.08, 0.09],
  },
};
const lengthOfBin = [4, 6, 6, 7, 8, 8, 9, 10, 11, 15];

function answer(more: Partial<Classification> = {}): Classification {
  return {
    label: 'alarm',
    labelIndex: 0,
    score: 0.95,
    runnersUp: [],
    tokenCount: 8,
    truncated: false,
    unknownCount: 0,
    queueMs: 0,
    inferenceMs: 1,
    cached: false,
    ...more,
  };
}

/** Texts that are drawn as the baseline's samples were. */
function usual(count: number, random: () => number): Classification[] {
  const { confidenceShares = [], lengthShares = [] } = yardstick.baseline;
  const one = (shares: readonly number[]): number => draw(shares, 1, random).indexOf(1);
  return Array.from({ length: count }, () =>
    answer({
      label: labels[one(labelShares)] ?? '',
      score: one(confidenceShares) / 10 + 0.05,
      tokenCount: lengthOfBin[one(lengthShares)] ?? 8,
    }),
  );
}

function tallyOf(answers: readonly Classification[], by = yardstick): Tally {
  const tally = new Tally(by);
  for (const one of answers) tally.add(one);
  return tally;
}

function windowOf(tally: Tally, by = yardstick): Parameters<typeof describeStats>[0] {
  return { model: MODEL, yardstick: by, tally, start: new Date('2026-05-04T09:20:00Z'), seconds: 300 };
}

function asMessage(body: StatsBody): unknown {
  return { schemaVersion: 1, boot: 'b1', seq: 1, ...body };
}

describe('a window of statistics', () => {
  it('counts every answer, cached or not, as the contract says', () => {
    const tally = tallyOf([
      answer({ score: 0.95, tokenCount: 4, cached: true }),
      answer({ score: 1, tokenCount: 21, truncated: true, unknownCount: 3 }),
      answer({ label: 'weather', score: 0.05, tokenCount: 6 }),
      answer({ label: 'oos', score: 0.2, rejected: { bestLabel: 'music', bestScore: 0.3 }, tokenCount: 9 }),
    ]);

    const body = describeStats(windowOf(tally), undefined, undefined, 5120);

    expect(statsDataSchema.safeParse(asMessage(body)).success).toBe(true);
    expect(body).toMatchObject({
      textCount: 4,
      windowSeconds: 300,
      labelCounts: [
        { label: 'alarm', count: 2 },
        { label: 'oos', count: 1 },
        { label: 'weather', count: 1 },
      ],
      confidenceCounts: [1, 0, 0, 1, 0, 0, 0, 0, 0, 2],
      lengthCounts: [1, 1, 0, 0, 0, 0, 1, 0, 0, 1],
      meanTokenCount: 10,
      unknownTokenRate: 0.075,
      truncationRate: 0.25,
      rejectionRate: 0.25,
      cachedShare: 0.25,
      accuracyEstimate: { value: 0.6667, textCount: 3 },
    });
  });

  it('gives the accuracy estimate the standard error of a mean', () => {
    const tally = tallyOf([0.9, 0.8, 1, 0.5].map((score) => answer({ score })));

    const estimate = estimateAccuracy(tally);

    expect(estimate?.value).toBeCloseTo(0.8, 12);
    expect(estimate?.standardError).toBeCloseTo(Math.sqrt(0.14 / 3 / 4), 12); // s² = (0.01 + 0 + 0.04 + 0.09) / 3
  });

  it('leaves out the rarest of very many labels, so that it fits into a message', () => {
    const many = Array.from({ length: 3000 }, (_, index) => `label ${'x'.repeat(100)} ${index}`);
    const tally = tallyOf(
      many.flatMap((label, index) => (index < 5 ? [answer({ label }), answer({ label })] : [answer({ label })])),
    );

    const small = describeStats(windowOf(tally), undefined, undefined, 5120);
    const large = describeStats(windowOf(tally), undefined, undefined, 120_000);

    expect(JSON.stringify(small).length).toBeLessThan(5120 - 500);
    expect(small.labelCounts.length).toBeGreaterThan(10);
    expect(small.labelCounts.slice(0, 5).every(({ count }) => count === 2)).toBe(true);
    expect(large.labelCounts).toHaveLength(200);
  });

  it('has no confidence and no accuracy where answers are plain values', () => {
    const regression: Yardstick = { ...yardstick, problemType: 'regression', labels: ['stars'] };
    const tally = tallyOf([answer({ label: 'stars', score: 4.5 })], regression);

    const body = describeStats(windowOf(tally, regression), measureDrift(tally, regression), undefined, 5120);

    expect(body.confidenceCounts).toEqual(new Array(10).fill(0));
    expect(body).not.toHaveProperty('accuracyEstimate');
    expect(body.psi).not.toHaveProperty('confidence');
  });

  it('keeps nothing of a challenger that answered nothing but what went wrong', () => {
    const challenger = {
      model: MODEL,
      textCount: 0,
      agreement: 1,
      meanScoreChange: 0,
      meanInferenceMs: { serving: 0, challenger: 0 },
      failed: 2,
      skipped: 7,
    };

    const body = describeStats(windowOf(tallyOf([answer()])), undefined, challenger, 5120);

    expect(body.challenger).toEqual({ model: MODEL, textCount: 0, failed: 2, skipped: 7 });
  });
});

describe('drift', () => {
  it('is next to none where texts come as the samples did, with the exact shares or by the deciles', () => {
    const tally = tallyOf(usual(3000, makeRandom(3)));
    const { confidenceShares: _c, lengthShares: _l, ...rough } = yardstick.baseline;

    const exact = measureDrift(tally, yardstick);
    const byDeciles = measureDrift(tally, { ...yardstick, baseline: rough });

    for (const signal of ['labels', 'confidence', 'length'] as const) {
      expect(exact.signals.get(signal)).toBeLessThan(0.02);
      expect(byDeciles.signals.get(signal)).toBeLessThan(0.1);
    }
  });

  it.each<[string, Partial<Classification>, string]>([
    ['another label', { label: 'oos' }, 'labels'],
    ['a label that the model does not know', { label: 'elsewhere' }, 'labels'],
    ['less confidence', { score: 0.55 }, 'confidence'],
    ['longer texts', { tokenCount: 19 }, 'length'],
    ['unknown tokens', { unknownCount: 4 }, 'unknown-tokens'],
    ['less estimated accuracy', { score: 0.55 }, 'accuracy'],
  ])('shows %s', (_what, change, signal) => {
    const changed = usual(300, makeRandom(4)).map((one) => ({ ...one, ...change }));

    const { signals } = measureDrift(tallyOf(changed), yardstick);

    expect(signals.get(signal as 'labels')).toBeGreaterThan(0.25);
  });

  it('shows rejections above what the baseline lets expect', () => {
    const rejecting: Yardstick = {
      ...yardstick,
      rejection: {
        label: 'oos',
        threshold: 0.7,
        accuracyBefore: 0,
        accuracyAfter: 0,
        inScopeAccuracyBefore: 0,
        inScopeAccuracyAfter: 0,
        recallBefore: 0,
        recallAfter: 0,
      },
    };
    const rejected = answer({ label: 'oos', rejected: { bestLabel: 'music', bestScore: 0.4 } });

    const { signals } = measureDrift(tallyOf([answer(), rejected], rejecting), rejecting);

    expect(signals.get('rejections')).toBeCloseTo(0.5 - 0.2, 9);
  });
});

describe('the report', () => {
  interface Told {
    readonly name: string;
    readonly signal: string | undefined;
  }
  function report(more: { serves?: () => boolean; minTexts?: number } = {}): {
    readonly reporter: StatsReport;
    readonly windows: ModelWindows;
    readonly posted: StatsBody[];
    readonly told: Told[];
  } {
    const posted: StatsBody[] = [];
    const told: Told[] = [];
    let clock = 0;
    const windows = new ModelWindows({
      yardstick: () => yardstick,
      now: () => new Date('2026-05-04T09:20:00Z'),
      clock: () => (clock += 1000),
    });
    const reporter = new StatsReport({
      settings: {
        statsSeconds: 300,
        messageBytes: 5120,
        driftPsiBegin: 0.25,
        driftPsiEnd: 0.1,
        driftRateBegin: 0.1,
        driftRateEnd: 0.05,
        driftWindows: 2,
        driftMinTexts: more.minTexts ?? 100,
      },
      windows,
      serves: more.serves ?? (() => true),
      takeChallenger: () => undefined,
      post: async (body) => {
        posted.push(body);
      },
      tell: async (name, _message, { drift }) => {
        told.push({ name, signal: drift?.signal });
      },
      onReported: () => undefined,
      random: () => 0.5,
    });
    return { reporter, windows, posted, told };
  }
  const random = makeRandom(11);
  const feed = (windows: ModelWindows, count: number, change: Partial<Classification> = {}): void => {
    for (const one of usual(count, random)) windows.add(MODEL, { ...one, ...change });
  };

  it('sends nothing for a window without texts', async () => {
    const { reporter, posted } = report();

    await reporter.report();

    expect(posted).toEqual([]);
  });

  it('tells the beginning and the end of a drift once, and nothing of usual traffic around them', async () => {
    const { reporter, windows, told } = report();
    const play = async (count: number, change: Partial<Classification> = {}): Promise<void> => {
      for (let window = 0; window < count; window++) {
        feed(windows, 300, change);
        await reporter.report();
      }
    };

    await play(5);
    const before = [...told];
    await play(1, { tokenCount: 19 });
    await play(5);
    const afterOneOdd = [...told];
    await play(6, { tokenCount: 19 });
    await play(6);

    expect(before).toEqual([]);
    expect(afterOneOdd).toEqual([]);
    expect(told).toEqual([
      { name: 'drift-began', signal: 'length' },
      { name: 'drift-ended', signal: 'length' },
    ]);
  });

  it('gathers the windows of a quiet device until there is enough to judge by', async () => {
    const { reporter, windows, posted } = report();

    for (let window = 0; window < 5; window++) {
      feed(windows, 40);
      await reporter.report();
    }

    expect(posted.map(({ psi }) => psi?.textCount)).toEqual([undefined, undefined, 120, undefined, undefined]);
    expect(posted.map(({ textCount }) => textCount)).toEqual([40, 40, 40, 40, 40]);
  });

  it('ends the drift of a version that serves no more', async () => {
    let serving = true;
    const { reporter, windows, told } = report({ serves: () => serving });
    for (let window = 0; window < 2; window++) {
      feed(windows, 300, { tokenCount: 19 });
      await reporter.report();
    }

    serving = false;
    await reporter.report();
    await reporter.report();

    expect(told.map(({ name }) => name)).toEqual(['drift-began', 'drift-ended']);
  });

  it('reports what is open when it stops', async () => {
    const { reporter, windows, posted } = report();
    reporter.start();
    feed(windows, 3);

    await reporter.stop();

    expect(posted).toMatchObject([{ textCount: 3, windowSeconds: 1 }]);
  });
});
