import { describe, expect, it } from 'vitest';
import { consume } from '../../../../cloud/consumer/consume.ts';
import { type ConsumeOptions, filtersOf } from '../../../../cloud/consumer/options.ts';

const BROKER = 'mqtt://127.0.0.1:1';

describe('the options of consume', () => {
  it('become one filter for each stream, with the group in front', () => {
    const all = filtersOf({ broker: BROKER });
    const some = filtersOf({
      broker: BROKER,
      fleet: 'f',
      thing: 'T',
      streams: ['health', 'event', 'health'],
      group: 'g',
    });

    expect(all).toEqual(['dt/verge/+/+/result']);
    expect(some).toEqual(['$share/g/dt/verge/f/T/health', '$share/g/dt/verge/f/T/event']);
  });

  it.each<[Partial<ConsumeOptions> & { streams?: unknown }, RegExp]>([
    [{ broker: 'http://x' }, /broker is not mqtt/],
    [{ broker: 'mqtt://user:secret@' }, /^(?!.*secret).*broker is not mqtt/],
    [{ streams: [] }, /streams is empty/],
    [{ streams: ['results'] as never }, /stream "results" is none of result, health/],
    [{ fleet: '+' }, /fleet "\+"/],
    [{ thing: 'a/#' }, /thing "a\/#"/],
    [{ group: 'a/b' }, /group "a\/b"/],
    [{ group: '' }, /group ""/],
    [{ clientId: '' }, /clientId has 0 characters/],
    [{ cleanSession: false }, /without a clientId/],
    [{ acknowledge: 'auto' as never }, /acknowledge is "auto"/],
    [{ maxTopics: 0 }, /maxTopics is 0/],
    [{ keepAliveSeconds: 1 }, /keepAliveSeconds is 1/],
    [{ tls: { ca: 'no certificate' } }, /no PEM/],
    [{ tls: { certificate: 'x' } }, /go together/],
  ])('refuse %j at once', (wrong, sentence) => {
    const call = (): unknown => consume({ broker: BROKER, ...wrong });

    expect(call).toThrow(sentence);
    expect(call).toThrow(expect.objectContaining({ code: 'CONSUMER_OPTION_INVALID', fault: 'user' }));
  });
});
