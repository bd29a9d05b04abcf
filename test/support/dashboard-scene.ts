import type { Baseline } from '../../cloud/dashboard/wire/frame.ts';
import type { DataOf } from '../../component/contract/envelope.ts';
import { healthDataExample } from '../../component/contract/health.ts';
import type { ModelReference } from '../../component/contract/parts.ts';
import { statsDataExample } from '../../component/contract/stats.ts';
import type { Place } from '../../component/contract/topics.ts';
import { message, NOON, type TestDashboard, type TestMessage } from './dashboard.ts';

export const OLD: ModelReference = { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) };
export const NEW: ModelReference = { name: 'intents-mini', version: '1.3.0', digest: '3c'.repeat(32) };
export const SPAM: ModelReference = { name: 'reviews', version: '2.0.1', digest: 'd4'.repeat(32) };

const LABELS = ['alarm', 'weather', 'timer', 'play_music', 'calendar', 'traffic', 'recipe', 'translate', 'oos'];
const SHARES = [0.24, 0.19, 0.14, 0.12, 0.1, 0.08, 0.06, 0.04, 0.03];
const TEXTS = [
  'will it be like yesterday',
  'put the other one on instead',
  'what did she mean by that',
  'is it worth it',
  'remind me what we said about the thing',
  'how long until the you know what',
];

export const BASELINES: ReadonlyMap<string, Baseline> = new Map(
  [OLD, NEW].map(({ digest }) => [
    digest,
    {
      sampleCount: 5500,
      labels: LABELS.map((label, at) => ({ label, share: SHARES[at] ?? 0 })),
      confidence: [0, 0, 0.01, 0.02, 0.02, 0.03, 0.05, 0.08, 0.14, 0.65],
    },
  ]),
);

/** The same numbers every time (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function places(count: number): Place[] {
  return Array.from({ length: count }, (_, at) => {
    const fleet = at % 3 === 2 ? 'kiosks' : 'bakeries';
    return { fleet, thing: `${fleet === 'kiosks' ? 'kiosk' : 'oven'}-${String(at + 1).padStart(2, '0')}` };
  });
}

type Health = DataOf<'health'>;

export function healthOf(place: Place, atMs: number, seq: number, more: Partial<Health> = {}): TestMessage {
  return message(place, 'health', { ...healthDataExample, boot: 'b1', seq, ...more }, atMs);
}

/** A result message; each result at a moment of its own. */
export function resultsOf(
  place: Place,
  seq: number,
  model: ModelReference,
  results: readonly {
    readonly atMs: number;
    readonly label: string;
    readonly score: number;
    readonly ms: number;
    readonly text?: string;
  }[],
): TestMessage {
  const last = results.at(-1)?.atMs ?? NOON;
  return message(
    place,
    'result',
    {
      schemaVersion: 1,
      boot: 'b1',
      seq,
      runtimeVersion: '0.1.0',
      replay: false,
      models: [model],
      results: results.map(({ atMs, label, score, ms, text }, at) => ({
        requestId: `call-${seq}-${at}`,
        model: 0,
        label,
        score,
        ...(label === 'oos' ? { rejected: { bestLabel: 'weather', bestScore: score } } : {}),
        runnersUp: [{ label: 'timer', score: (1 - score) / 2 }],
        latencyMs: { queue: ms * 0.3, inference: ms * 0.7 },
        tokenCount: 8,
        truncated: false,
        cached: at % 3 === 0,
        observedAt: new Date(atMs).toISOString(),
        ...(text === undefined ? {} : { text }),
      })),
    },
    last,
  );
}

/** A quarter of an hour of a small fleet, in which something is amiss here and there. The clock ends at noon. */
export async function playScene(dashboard: TestDashboard): Promise<void> {
  const random = draws(7);
  const all = places(24);
  const modelOf = (at: number): ModelReference => (at % 8 === 2 ? SPAM : at < 6 ? NEW : OLD);
  const draw = (): string => {
    let left = random();
    for (const [at, label] of LABELS.entries()) {
      left -= SHARES[at] ?? 0;
      if (left < 0) return label;
    }
    return 'oos';
  };
  const seqs = all.map(() => 0);
  const healthSeqs = all.map(() => 0);

  for (let minute = 15; minute >= 1; minute--) {
    const startMs = NOON - minute * 60_000;
    dashboard.clock.nowMs = startMs + 45_000;
    const messages: TestMessage[] = [];
    for (const [at, place] of all.entries()) {
      if (at === 19 && minute < 9) continue; // falls silent
      const model = modelOf(at);
      const busy = 0.7 + 0.3 * Math.sin((15 - minute) / 3) + (minute === 5 ? 0.7 : 0);
      const results = Array.from({ length: Math.round(30 * busy) }, () => ({
        atMs: startMs + Math.floor(random() * 60_000) - 15_000,
        label: model === SPAM ? (random() < 0.8 ? 'positive' : 'negative') : draw(),
        score: 1 - random() ** 3 * 0.7,
        ms: (model === NEW ? 0.8 : 1.1) * (0.6 + random()) * (random() < 0.02 ? 9 : 1) * (minute === 5 ? 2 : 1),
      }));
      seqs[at] = (seqs[at] ?? 0) + 1;
      messages.push(resultsOf(place, seqs[at] ?? 0, model, results));
      healthSeqs[at] = (healthSeqs[at] ?? 0) + 1;
      const waits = at === 12 ? (16 - minute) * 70 : Math.floor(random() * 6);
      messages.push(
        healthOf(place, startMs + 45_000, healthSeqs[at] ?? 0, {
          models: at === 0 ? [model, SPAM] : [model],
          challengers: [],
          textsPerSecond: 0.5 * busy * (0.9 + random() * 0.2),
          outbox: {
            results: waits,
            messages: 1,
            bytes: waits * 180,
            ...(at === 12 ? { oldestSeconds: (16 - minute) * 50 } : {}),
          },
          restarts: at === 7 ? 4 : at % 5 === 0 ? 1 : 0,
          rssBytes: Math.round(101e6 + random() * 4e6 + at * 1e5),
          latencyMs: { count: 1024, p50: 0.8 + random() * 0.1, p90: 1.7 + random() * 0.3, p99: 4 + random() * 2 },
          modelLatencies: [{ model: model.name, count: 1024, p50: 0.8, p90: 1.9, p99: 5.1 }],
        }),
      );
      if (minute % 3 === 0 && model !== SPAM) {
        const drifts = at >= 6 && at < 10 ? 0.05 + (15 - minute) * 0.025 : 0.02 + random() * 0.04;
        messages.push(
          message(
            place,
            'stats',
            {
              ...statsDataExample,
              boot: 'b1',
              seq: (15 - minute) / 3 + 1,
              model,
              windowStart: new Date(startMs - 120_000).toISOString(),
              windowSeconds: 180,
              psi: {
                textCount: 120,
                labels: { value: drifts + 0.03, chance: 0.03 },
                confidence: { value: 0.04 + random() * 0.02, chance: 0.03 },
                length: { value: 0.05, chance: 0.03 },
              },
              accuracyEstimate: { value: model === NEW ? 0.971 : 0.962, standardError: 0.003, textCount: 120 },
              challenger: undefined,
            },
            startMs + 45_000,
          ),
        );
      }
    }
    await dashboard.publish(messages);
  }

  const at = (index: number): Place => all[index] ?? { fleet: 'bakeries', thing: 'oven-01' };
  const event = (index: number, seq: number, minute: number, more: Partial<DataOf<'event'>>): TestMessage =>
    message(
      at(index),
      'event',
      {
        schemaVersion: 1,
        boot: 'b1',
        seq,
        name: 'model-loaded',
        at: new Date(NOON - minute * 60_000).toISOString(),
        message: '',
        ...more,
      },
      NOON - minute * 60_000,
    );
  dashboard.clock.nowMs = NOON - 1000;
  await dashboard.publish([
    event(0, 1, 14, { name: 'runtime-started', message: 'Verge 0.1.0 started.' }),
    event(1, 1, 12, { name: 'model-loaded', message: 'intents-mini 1.3.0 answers in place of 1.2.0.', model: NEW }),
    event(2, 1, 12, { name: 'model-loaded', message: 'reviews 2.0.1 answers.', model: SPAM }),
    event(6, 1, 4, {
      name: 'drift-began',
      message: 'The labels drift from the baseline.',
      model: OLD,
      drift: { signal: 'labels', value: 0.31, bound: 0.25 },
    }),
    event(7, 1, 3, { name: 'runtime-started', message: 'Verge 0.1.0 started; the life before died without a word.' }),
    event(15, 1, 2, {
      name: 'model-refused',
      code: 'MODEL_GOLDEN_FAILED',
      message: '3 of 32 golden samples were answered otherwise.',
      model: NEW,
    }),
    event(12, 1, 1, {
      name: 'source-failing',
      code: 'SOURCE_FILE_UNREADABLE',
      message: '/var/spool/texts/today.txt cannot be read: permission denied.',
    }),
    ...TEXTS.map((text, index) =>
      message(
        at(index),
        'sample',
        {
          schemaVersion: 1,
          boot: 'b1',
          seq: 1,
          model: index < 6 ? NEW : OLD,
          requestId: `call-s${index}`,
          observedAt: new Date(NOON - 1000 - index * 47_000).toISOString(),
          text,
          label: index % 2 ? 'weather' : 'oos',
          score: 0.29 + index * 0.031,
          reason: index === 3 ? 'disagreement' : 'low-confidence',
        },
        NOON,
      ),
    ),
    healthOf(at(21), NOON - 61_000, 99, { state: 'failed', models: [] }),
  ]);
  for (let second = 10; second >= 1; second--) {
    dashboard.clock.nowMs = NOON - second * 1000;
    const messages = all.slice(0, 12).map((place, index) => {
      seqs[index] = (seqs[index] ?? 0) + 1;
      const results = [
        {
          atMs: NOON - second * 1000,
          label: modelOf(index) === SPAM ? 'positive' : draw(),
          score: 1 - random() ** 3 * 0.7,
          ms: 0.6 + random(),
        },
      ];
      return resultsOf(place, seqs[index] ?? 0, modelOf(index), results);
    });
    await dashboard.publish(messages);
  }
  dashboard.clock.nowMs = NOON;
}
