import { describe, expect, it } from 'vitest';
import { Acknowledgements } from '../../../../cloud/consumer/acknowledgements.ts';
import { Delivery } from '../../../../cloud/consumer/delivery.ts';
import { Intake } from '../../../../cloud/consumer/intake.ts';
import { Live } from '../../../../cloud/dashboard/live/live.ts';
import { Store } from '../../../../cloud/dashboard/page/state/store.ts';
import { readiness, troubled } from '../../../../cloud/dashboard/page/state/whole-fleet.ts';
import { NOON, type TestMessage } from '../../../support/dashboard.ts';
import { healthOf, OLD, resultsOf } from '../../../support/dashboard-scene.ts';

const OVEN = { fleet: 'bakeries', thing: 'oven-01' };
const OTHER = { fleet: 'bakeries', thing: 'oven-02' };

/** The page's store after the messages, so long after the server began. */
function storeOf(messages: readonly TestMessage[], afterMs: number): Store {
  const live = new Live(NOON, new Map());
  const intake = new Intake({ reportGaps: true, maxTopics: 10 }, new Acknowledgements());
  const nowMs = NOON + afterMs;
  for (const { topic, payload } of messages) {
    for (const item of intake.read(new Delivery(topic, Buffer.from(payload)))) live.take(item, nowMs);
  }
  const store = new Store();
  const surroundings = {
    broker: '',
    past: { state: 'none', words: '' },
    rollouts: { state: 'none', words: '' },
  } as const;
  store.take(live.frameSince(undefined, surroundings, nowMs));
  return store;
}

const results = resultsOf(OVEN, 1, OLD, [{ atMs: NOON, label: 'oos', score: 0.9, ms: 1 }]);

describe('the whole fleet', () => {
  it('names a device of which only results were heard, where its health is overdue', () => {
    const store = storeOf([results, healthOf(OTHER, NOON, 1)], 201_000);

    const found = troubled(store);

    expect(readiness(store)).toEqual({ ready: 1, devices: 2, others: '1 no health' });
    expect(found).toMatchObject([{ row: OVEN, state: 'no-health', why: 'answers, and has sent no health message' }]);
  });

  it('waits with that until a heartbeat must have come', () => {
    const store = storeOf([results], 199_000);

    expect(troubled(store)).toEqual([]);
    expect(readiness(store)).toEqual({ ready: 0, devices: 1, others: '1 no health' });
  });

  it('counts who is ready, and says of the others what they are', () => {
    const starting = healthOf(OTHER, NOON, 1, { state: 'starting' });

    const store = storeOf([healthOf(OVEN, NOON, 1), starting], 1000);

    expect(readiness(store)).toEqual({ ready: 1, devices: 2, others: '1 starting' });
    expect(troubled(store)).toEqual([]);
  });
});
