import { createHash, randomBytes } from 'node:crypto';
import { type DataOf, makeEnvelope } from '../../../component/contract/envelope.ts';
import type { HealthState } from '../../../component/contract/health.ts';
import type { ModelReference } from '../../../component/contract/parts.ts';
import { type Place, type TelemetryStream, telemetryTopic } from '../../../component/contract/topics.ts';
import type { Behaviour } from './behaviour.ts';

/** A model that serves, and what it is compared with. */
export interface Serving {
  readonly model: ModelReference;
  /** The version before, or the challenger that was deployed as one. */
  readonly compared: ModelReference | undefined;
}

/** A message and its topic. */
export interface Said {
  readonly topic: string;
  readonly message: object;
}

export interface Beat {
  readonly behaviour: Behaviour;
  readonly models: readonly Serving[];
  readonly heartbeatSeconds: number;
  /** Texts that each model has answered since the beat before. */
  readonly texts: number;
  /** Of them, how many go out as results. */
  readonly results: number;
}

/** Half of them have been seen before: a rate like that of real traffic. */
const LABELS = ['alarm', 'weather', 'timer', 'music'] as const;

/** What a runtime on a simulated device says, by the contract. One life: a restart makes another. */
export class RuntimeVoice {
  readonly #place: Place;
  readonly #version: string;
  readonly #boot = `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;
  readonly #startedAt = new Date();
  readonly #seqs = new Map<TelemetryStream, number>();
  #answered = 0;
  #failed = 0;
  #published = 0;

  constructor(place: Place, version: string) {
    this.#place = place;
    this.#version = version;
  }

  /** Of a runtime that has just begun. */
  birth(beat: Beat): Said[] {
    return [this.event('runtime-started', `The runtime ${this.#version} has started.`), this.health('ready', beat)];
  }

  /** Health, statistics of each model, and results. */
  beat(beat: Beat): Said[] {
    const { behaviour, models, texts } = beat;
    const failed = Math.round(texts * behaviour.errorRate);
    this.#failed += failed * models.length;
    this.#answered += (texts - failed) * models.length;
    return [
      this.health('ready', beat),
      ...models.map((serving) => this.#stats(serving, beat)),
      ...(beat.results > 0 && models.length > 0 ? [this.#results(beat)] : []),
    ];
  }

  event(name: string, message: string, more: Partial<DataOf<'event'>> = {}): Said {
    return this.#say('event', { ...this.#head('event'), name, at: new Date().toISOString(), message, ...more });
  }

  health(state: HealthState, { behaviour, models, heartbeatSeconds, texts }: Beat): Said {
    const { latencyMs: p50, restarts } = behaviour;
    const quantiles = { count: this.#answered, p50, p90: 2 * p50, p99: 4 * p50 };
    const compared = models.flatMap((serving) => (serving.compared ? [serving.compared] : []));
    return this.#say('health', {
      ...this.#head('health'),
      state,
      runtimeVersion: this.#version,
      startedAt: this.#startedAt.toISOString(),
      heartbeatSeconds,
      models: models.map(({ model }) => model),
      uptimeSeconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      queue: { pending: 0, limit: 1024 },
      outbox: { results: 0, messages: 0, bytes: 0 },
      counts: {
        answered: this.#answered,
        failed: this.#failed,
        refused: 0,
        cacheHits: 0,
        truncated: 0,
        published: this.#published,
        dropped: 0,
        reconnects: 0,
      },
      latencyMs: quantiles,
      textsPerSecond: (texts * models.length) / heartbeatSeconds,
      ...(compared.length > 0 ? { challengers: compared } : {}),
      modelLatencies: models.map(({ model }) => ({ model: model.name, ...quantiles })),
      ...(this.#failed > 0 ? { errors: [{ code: 'ENGINE_RUN_FAILED', count: this.#failed }] } : {}),
      nucleus: { kind: 'simulated', certain: true },
      restarts,
    });
  }

  #stats({ model, compared }: Serving, { behaviour, texts, heartbeatSeconds }: Beat): Said {
    const { agreement, confidence, latencyMs } = behaviour;
    const perLabel = Math.floor(texts / LABELS.length);
    const confidenceCounts = Array.from({ length: 10 }, () => 0);
    confidenceCounts[Math.min(9, Math.floor(confidence * 10))] = texts;
    return this.#say('stats', {
      ...this.#head('stats'),
      model,
      windowStart: new Date(Date.now() - heartbeatSeconds * 1000).toISOString(),
      windowSeconds: heartbeatSeconds,
      textCount: texts,
      labelCounts: LABELS.map((label) => ({ label, count: perLabel })),
      confidenceCounts,
      meanTokenCount: 10,
      unknownTokenRate: 0,
      truncationRate: 0,
      rejectionRate: 0,
      accuracyEstimate: { value: confidence, standardError: 0.01, textCount: texts },
      ...(compared && {
        challenger: {
          model: compared,
          textCount: texts,
          agreement,
          meanScoreChange: 0,
          meanInferenceMs: { serving: latencyMs, challenger: latencyMs },
          failed: 0,
          skipped: 0,
        },
      }),
    });
  }

  #results({ behaviour, models, results }: Beat): Said {
    const observedAt = new Date().toISOString();
    const head = this.#head('result');
    this.#published++;
    return this.#say('result', {
      ...head,
      runtimeVersion: this.#version,
      replay: false,
      models: models.map(({ model }) => model),
      results: Array.from({ length: results }, (_, index) => ({
        requestId: `${this.#boot}-${head.seq}-${index}`,
        model: index % models.length,
        label: LABELS[index % LABELS.length] ?? LABELS[0],
        score: behaviour.confidence,
        runnersUp: [],
        latencyMs: { queue: 0, inference: behaviour.latencyMs },
        tokenCount: 10,
        truncated: false,
        cached: false,
        observedAt,
      })),
    });
  }

  #head(stream: TelemetryStream): { schemaVersion: 1; boot: string; seq: number } {
    const seq = (this.#seqs.get(stream) ?? 0) + 1;
    this.#seqs.set(stream, seq);
    return { schemaVersion: 1, boot: this.#boot, seq };
  }

  #say<S extends TelemetryStream>(stream: S, data: DataOf<S>): Said {
    return {
      topic: telemetryTopic(this.#place, stream),
      message: makeEnvelope(this.#place, stream, data, new Date()),
    };
  }
}

/** A version of a model. The digest is of its name: nobody compiled it. */
export function modelReference(name: string, version: string): ModelReference {
  return { name, version, digest: createHash('sha256').update(`${name} ${version}`).digest('hex') };
}
