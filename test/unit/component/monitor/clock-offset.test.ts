import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthDataExample, healthDataSchema } from '../../../../component/contract/health.ts';
import { ClockOffset } from '../../../../component/monitor/clock-offset.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * HOUR_MS;

/** A device whose clock is ahead of true time by `aheadMs`, and time that the test lets pass. */
class World {
  trueMs = Date.parse('2026-05-04T09:00:00Z');
  aheadMs = 0;
  readonly offset: ClockOffset;
  #steadyMs = 1000;

  constructor(aheadMs = 0) {
    this.aheadMs = aheadMs;
    this.offset = new ClockOffset({
      now: () => new Date(this.trueMs + this.aheadMs),
      steadyMs: () => this.#steadyMs,
    });
  }

  pass(ms: number): void {
    this.trueMs += ms;
    this.#steadyMs += ms;
  }

  /** The machine sleeps: its steady clock stands still. */
  sleep(ms: number): void {
    this.trueMs += ms;
  }

  /** A message comes that was on its way for so long. */
  hear(deliveryMs: number, senderAheadMs = 0): void {
    this.offset.heard(new Date(this.trueMs - deliveryMs + senderAheadMs).toISOString());
  }
}

describe('ClockOffset', () => {
  it('knows nothing until a message has told', () => {
    const { offset } = new World(5000);

    const value = offset.valueMs();

    expect(value).toBeUndefined();
  });

  it('is the clock ahead and the fastest delivery together, never less than the clock is ahead', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -60 * YEAR_MS, max: 30 * YEAR_MS }),
        fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 30 }),
        (aheadMs, deliveries) => {
          const world = new World(aheadMs);

          for (const delivery of deliveries) {
            world.hear(delivery);
            world.pass(1000);
          }

          expect(world.offset.valueMs()).toBe(aheadMs + Math.min(...deliveries));
        },
      ),
    );
  });

  it('reads an instant with its own offset from UTC', () => {
    const world = new World(-2500);

    world.offset.heard('2026-05-04T11:00:00.000+02:00');

    expect(world.offset.valueMs()).toBe(-2500);
  });

  it('forgets what told it after about an hour, a sender ahead of all others too', () => {
    const world = new World();
    const told: (number | undefined)[] = [];

    world.hear(20, 900_000);
    for (let minute = 0; minute < 66; minute++) {
      world.hear(30);
      told.push(world.offset.valueMs());
      world.pass(60_000);
    }
    world.pass(2 * HOUR_MS);

    expect(told[0]).toBe(20 - 900_000);
    expect(told[54]).toBe(20 - 900_000);
    expect(told.at(-1)).toBe(30);
    expect(world.offset.valueMs()).toBeUndefined();
  });

  it.each(['set forward', 'set back'])('drops what it knew when the clock was %s, and learns anew', (way) => {
    const world = new World();
    world.hear(40);

    world.aheadMs = way === 'set forward' ? 5000 : -5000;
    const dropped = world.offset.valueMs();
    world.hear(70);

    expect(dropped).toBeUndefined();
    expect(world.offset.valueMs()).toBe(world.aheadMs + 70);
  });

  it('drops what it knew before a jump that a message is the first to meet', () => {
    const world = new World();
    world.hear(40);

    world.aheadMs = 5000;
    world.hear(70);
    world.hear(90);

    expect(world.offset.valueMs()).toBe(5070);
  });

  it('drops what it knew before the machine slept', () => {
    const world = new World();
    world.hear(40);

    world.sleep(HOUR_MS);

    expect(world.offset.valueMs()).toBeUndefined();
  });

  it('follows a clock that is steered', () => {
    const world = new World(1000);
    world.hear(40);

    for (let minute = 0; minute < 30; minute++) {
      world.pass(60_000);
      world.aheadMs -= 30; // 500 ppm, the most that kernels steer by
      world.offset.valueMs();
    }

    expect(world.offset.valueMs()).toBe(1000 - 900 + 40);
  });

  it.each(['0001-01-01T00:00:00Z', '1800-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', 'no instant', ''])(
    'passes over a message that says %s',
    (sentAt) => {
      const world = new World();
      world.hear(40);

      world.offset.heard(sentAt);

      expect(world.offset.valueMs()).toBe(40);
    },
  );

  it('keeps within what the schema takes, whatever it hears and whatever becomes of the clock', () => {
    const event = fc.record({
      passMs: fc.integer({ min: 0, max: HOUR_MS }),
      steerMs: fc.integer({ min: -50, max: 50 }),
      sentAt: fc.oneof(fc.date({ noInvalidDate: true }).map(String), fc.string()),
      years: fc.integer({ min: -101, max: 101 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const world = new World();

        const values = events.map(({ passMs, steerMs, sentAt, years }) => {
          world.pass(passMs);
          world.aheadMs += steerMs;
          world.offset.heard(sentAt);
          world.hear(0, years * YEAR_MS);
          return world.offset.valueMs();
        });

        for (const clockOffsetMs of values) {
          expect(healthDataSchema.safeParse({ ...healthDataExample, clockOffsetMs }).success).toBe(true);
        }
      }),
    );
  });
});
