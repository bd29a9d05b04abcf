import type { ShownState } from '../../wire/silence.ts';

/** Trouble first. */
export const STATE_ORDER: readonly ShownState[] = [
  'failed',
  'lost',
  'silent',
  'no-health',
  'starting',
  'draining',
  'stopped',
  'ready',
];

/** The state as it is read. */
export function stateWords(state: ShownState): string {
  return state.replaceAll('-', ' ');
}
