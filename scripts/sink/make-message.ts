import type { DataOf } from '../../component/contract/envelope.ts';
import { makeEnvelope } from '../../component/contract/envelope.ts';
import { healthDataExample } from '../../component/contract/health.ts';
import type { Place } from '../../component/contract/topics.ts';

const LABELS = ['alarm', 'timer', 'weather', 'music', 'reminder', 'lights', 'news', 'oos'];
export const HEARTBEAT_SECONDS = 60;
const MODEL = { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) };

/** A message with so many ordinary results, as a device sends it; `boot` and `seq` make it one of a kind. */
export function makeResults(place: Place, boot: string, seq: number, count: number, now = new Date()): Buffer {
  const observedAt = now.toISOString();
  const data: DataOf<'result'> = {
    schemaVersion: 1,
    boot,
    seq,
    runtimeVersion: '0.1.0',
    replay: false,
    models: [MODEL],
    results: Array.from({ length: count }, (_, index) => ({
      requestId: `${boot}-${seq}-${index}`,
      model: 0,
      label: LABELS[(seq * 7 + index) % LABELS.length] ?? 'oos',
      score: 0.5 + ((seq * 31 + index * 17) % 500) / 1000,
      runnersUp: [
        { label: 'timer', score: 0.0102 },
        { label: 'reminder', score: 0.0071 },
      ],
      latencyMs: { queue: 0.31, inference: 0.72 },
      tokenCount: 8,
      truncated: false,
      cached: false,
      observedAt,
    })),
  };
  return Buffer.from(JSON.stringify(makeEnvelope(place, 'result', data, now)));
}

/** The health message of a device that serves. */
export function makeHealth(place: Place, boot: string, seq: number, answered: number, now = new Date()): Buffer {
  const { counts, ...example } = healthDataExample;
  const data: DataOf<'health'> = {
    ...example,
    boot,
    seq,
    models: [MODEL],
    heartbeatSeconds: HEARTBEAT_SECONDS,
    ...(counts ? { counts: { ...counts, answered } } : {}),
  };
  return Buffer.from(JSON.stringify(makeEnvelope(place, 'health', data, now)));
}
