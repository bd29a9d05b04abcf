import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  askerSchema,
  COMMANDS,
  commandTopic,
  localReplyTopic,
  MAX_TOPIC_BYTES,
  MAX_TOPIC_SLASHES,
  parseTopic,
  replyTopicSchema,
  TELEMETRY_STREAMS,
  telemetryFilter,
  telemetryTopic,
} from '../../../../component/contract/topics.ts';

const fleets = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const things = fc.stringMatching(/^[a-zA-Z0-9:_-]{1,128}$/);

describe('topics', () => {
  it('come back from their parts as they were built', () => {
    fc.assert(
      fc.property(fleets, things, fc.constantFrom(...TELEMETRY_STREAMS), (fleet, thing, stream) => {
        const topic = telemetryTopic({ fleet, thing }, stream);

        expect(parseTopic(topic)).toEqual({ root: 'dt', fleet, thing, name: stream });
      }),
    );
  });

  it('build and parse commands', () => {
    for (const command of COMMANDS) {
      const topic = commandTopic({ fleet: 'bakeries', thing: 'oven-17' }, command);

      expect(topic).toBe(`cmd/verge/bakeries/oven-17/${command}`);
      expect(parseTopic(topic)).toEqual({ root: 'cmd', fleet: 'bakeries', thing: 'oven-17', name: command });
    }
  });

  it('stay within the limits of IoT Core with the longest names (G8)', () => {
    const place = { fleet: 'f'.repeat(63), thing: 't'.repeat(128) };

    const topics = [
      ...TELEMETRY_STREAMS.map((stream) => telemetryTopic(place, stream)),
      ...COMMANDS.map((command) => commandTopic(place, command)),
    ];

    for (const topic of topics) {
      expect(Buffer.byteLength(topic)).toBeLessThanOrEqual(MAX_TOPIC_BYTES);
      expect(topic.split('/').length - 1).toBeLessThanOrEqual(MAX_TOPIC_SLASHES);
    }
  });

  it.each(['', '+', '#', 'a/b', 'oven 17', 'öfen', 'x'.repeat(129), '$aws', 'a\n'])(
    'refuse the thing name %j',
    (thing) => {
      const build = (): string => telemetryTopic({ fleet: 'bakeries', thing }, 'result');

      expect(build).toThrow();
    },
  );

  it.each(['', '+', '#', 'A', '-a', 'a-', 'a/b', 'a'.repeat(64), 'a_b'])('refuse the fleet name %j', (fleet) => {
    const build = (): string => commandTopic({ fleet, thing: 'oven-17' }, 'classify');

    expect(build).toThrow();
  });

  it('are filtered by fleet and thing, each or any', () => {
    expect(telemetryFilter('result')).toBe('dt/verge/+/+/result');
    expect(telemetryFilter('health', { fleet: 'bakeries' })).toBe('dt/verge/bakeries/+/health');
    expect(telemetryFilter('event', { fleet: 'bakeries', thing: 'oven-17' })).toBe('dt/verge/bakeries/oven-17/event');
    expect(() => telemetryFilter('event', { fleet: '#' })).toThrow();
  });

  it('of others are nobody', () => {
    fc.assert(
      fc.property(fc.string(), (topic) => {
        expect(parseTopic(topic)).toBeUndefined();
      }),
    );
    const strangers = [
      'dt/verge/f/t/classify',
      'cmd/verge/f/t/result',
      'dt/verge/f/t/result/',
      'dt/verge/f/t/result/more',
      'dt/Verge/f/t/result',
      'dt/verge/+/t/result',
      'dt/verge/f/__proto__x/constructor',
      '/dt/verge/f/t/result',
    ];
    for (const topic of strangers) expect(parseTopic(topic)).toBeUndefined();
  });

  it("of replies on the device are the asker's own, and nothing else", () => {
    expect(replyTopicSchema.safeParse('verge/classify/reply/com.example.Kiosk').success).toBe(true);
    expect(replyTopicSchema.safeParse(localReplyTopic('com.example.Kiosk')).success).toBe(true);
    fc.assert(
      fc.property(fc.string(), (asker) => {
        const taken = replyTopicSchema.safeParse(`verge/classify/reply/${asker}`).success;

        expect(taken).toBe(askerSchema.safeParse(asker).success);
        expect(taken).toBe(taken && /^[^+#*$ /]+$/.test(asker));
      }),
    );
  });
});
