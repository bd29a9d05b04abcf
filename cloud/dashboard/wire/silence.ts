import type { HealthState } from '../../../component/contract/health.ts';

/** What the page says of a device: its own word, the broker's (`lost`), or ours where it says nothing, or nothing of its health. */
export type ShownState = HealthState | 'silent' | 'no-health';

/** Heartbeats that may be missed before silence is trouble (docs/monitoring.md). */
const SILENT_HEARTBEATS = 3;
/** A heartbeat may be late by this share of itself (`heartbeatJitter`). */
const JITTER = 0.1;

/** The state to show: a device that said it lives, and then nothing for three heartbeats, is silent. */
export function shownState(
  { state, heardMs, heartbeatSeconds }: { state: ShownState; heardMs: number; heartbeatSeconds: number },
  nowMs: number,
): ShownState {
  const livesOn = state === 'ready' || state === 'starting' || state === 'draining';
  if (!livesOn || heartbeatSeconds === 0) return state;
  return nowMs - heardMs > heartbeatSeconds * SILENT_HEARTBEATS * (1 + JITTER) * 1000 ? 'silent' : state;
}
