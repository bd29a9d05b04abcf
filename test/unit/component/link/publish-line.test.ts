import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PublishLine } from '../../../../component/link/greengrass/publish-line.ts';
import { settled } from '../../../support/fake-link.ts';

let taken: string[];
let isBusy: boolean;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  taken = [];
  isBusy = false;
});
afterEach(() => {
  vi.useRealTimers();
});

/** A line to a nucleus that holds ten messages or 15,000 bytes and forgets them (fact L5), unless told otherwise. */
function line(forgets: { messages: number; bytes: number } | undefined = { messages: 10, bytes: 15_000 }): PublishLine {
  return new PublishLine({
    send: async ({ payload }) => {
      if (isBusy) return 'busy';
      taken.push(Buffer.from(payload).toString());
      return 'taken';
    },
    onBlocked: () => undefined,
    onFree: () => undefined,
    random: () => 0,
    forgets,
    replayOf: (payload) => Buffer.concat([Buffer.from('again '), payload]),
  });
}

const say = (to: PublishLine, text: string): Promise<void> =>
  to.add({ topic: 'dt/verge/f/t/result', payload: Buffer.from(text), qos: 1 });

/** The nucleus refuses this message at first, and takes it a moment later. */
async function refuseOnce(to: PublishLine, text: string): Promise<void> {
  isBusy = true;
  const said = say(to, text);
  await settled();
  isBusy = false;
  await vi.advanceTimersByTimeAsync(100);
  await said;
}

describe('what nucleus lite took last and may have forgotten (fact L5)', () => {
  it('is sent once more, flagged, after a refusal that what was sent does not explain', async () => {
    const publishes = line();
    await say(publishes, 'one');
    await say(publishes, 'two');

    await refuseOnce(publishes, 'three');
    await settled();

    expect(taken).toEqual(['one', 'two', 'three', 'again one', 'again two']);
  });

  it('is not sent again where ten messages of the last seconds explain the refusal', async () => {
    const publishes = line();
    const texts = Array.from({ length: 10 }, (_, number) => `text ${number}`);
    for (const text of texts) await say(publishes, text);

    await refuseOnce(publishes, 'the eleventh');
    await settled();

    expect(taken).toEqual([...texts, 'the eleventh']);
  });

  it('is not sent again where the bytes of the last seconds explain it', async () => {
    const publishes = line();
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(4500));
    for (const text of texts) await say(publishes, text);

    await refuseOnce(publishes, 'x'.repeat(2000));
    await settled();

    expect(taken).toEqual([...texts, 'x'.repeat(2000)]);
  });

  it('is sent no more than once in ten seconds, however often others press the nucleus', async () => {
    const publishes = line();
    await say(publishes, 'one');
    await refuseOnce(publishes, 'two');
    await settled();

    await refuseOnce(publishes, 'three');
    await settled();
    await vi.advanceTimersByTimeAsync(10_000);
    await refuseOnce(publishes, 'four');
    await settled();

    const copies = taken.filter((text) => text.includes('again'));
    expect(taken.slice(0, 4)).toEqual(['one', 'two', 'again one', 'three']);
    expect(copies.length).toBeGreaterThan(1);
    expect(taken.indexOf('four')).toBeLessThan(taken.lastIndexOf(copies.at(-1) ?? ''));
  });

  it('is sent once more when the connection to the nucleus was lost', async () => {
    const publishes = line();
    await say(publishes, 'one');

    publishes.reset(new Error('the test says so'));
    await say(publishes, 'two');
    await settled();

    expect(taken).toEqual(['one', 'two', 'again one']);
  });

  it('is sent once more after the next connection where the one that it was being sent over broke too', async () => {
    const publishes = line();
    await say(publishes, 'one');
    await say(publishes, 'two');
    publishes.reset(new Error('the test says so'));
    await say(publishes, 'three');

    publishes.reset(new Error('the test says so, again'));
    taken.splice(0); // what that nucleus had taken is lost with it
    await say(publishes, 'four');
    await settled();

    expect(taken).toEqual(expect.arrayContaining(['four', 'again one', 'again two', 'again three']));
  });

  it('is not kept for a nucleus that forgets nothing', async () => {
    const publishes = new PublishLine({
      send: async ({ payload }) => {
        if (isBusy) return 'busy';
        taken.push(Buffer.from(payload).toString());
        return 'taken';
      },
      onBlocked: () => undefined,
      onFree: () => undefined,
      random: () => 0,
    });
    await say(publishes, 'one');

    await refuseOnce(publishes, 'two');
    publishes.reset(new Error('the test says so'));
    await say(publishes, 'three');
    await settled();

    expect(taken).toEqual(['one', 'two', 'three']);
  });
});
