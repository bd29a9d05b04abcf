import { describe, expect, it } from 'vitest';
import { readState } from '../../../../cloud/rollout/run/state-store.ts';
import type { RolloutState } from '../../../../cloud/rollout/state.ts';
import { plan, worldOf } from '../../../support/intents-rollout.ts';

describe('a state that somebody else wrote', () => {
  it.each<[string, (state: RolloutState) => object, string]>([
    ['is of another rollout', (state) => ({ ...state, id: 'other' }), 'id: it is of another rollout, "other"'],
    ['lacks a wave', ({ waves, ...state }) => ({ ...state, waves: waves.slice(0, 1) }), 'waves.1: it is not the wave'],
    [
      'lacks a gate',
      ({ waves, ...state }) => ({ ...state, waves: waves.map((wave) => ({ ...wave, gates: [] })) }),
      'waves.0: it is not the wave of the plan, or has other gates',
    ],
  ])('is refused where it %s', async (_what, change, words) => {
    const world = worldOf();
    const state = await world.begin(plan);
    await world.store.write('intents-2', change(state), '1');

    const reading = readState(world.store, 'intents-2');

    await expect(reading).rejects.toMatchObject({
      code: 'ROLLOUT_STATE_INVALID',
      what: expect.stringContaining(words),
    });
  });
});
