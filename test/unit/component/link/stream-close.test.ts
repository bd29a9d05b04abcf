import { eventstream } from 'aws-crt';
import { beforeAll, describe, expect, it } from 'vitest';
import { guardStreamClose } from '../../../../component/link/greengrass/stream-close.ts';

type Stream = eventstream.ClientStream;

beforeAll(guardStreamClose);

/** A stream whose native side says that it was closed, and ends there. */
function stream(): { readonly stream: Stream; readonly closed: () => number } {
  let closed = 0;
  const stream = Object.create(eventstream.ClientStream.prototype) as Stream; // the SDK's own, less what its constructor makes natively
  Object.assign(stream, {
    state: 0,
    native_handle() {
      closed++;
      throw new Error('there is no native side');
    },
  });
  return { stream, closed: () => closed };
}

describe('closing a stream of the device SDK', () => {
  it('reaches the native side where nothing was activated', () => {
    const { stream: idle, closed } = stream();

    expect(() => idle.close()).toThrow('there is no native side');
    expect(closed()).toBe(1);
  });

  it('leaves a stream alone whose activation failed, before it is known and after', async () => {
    const { stream: failing, closed } = stream();
    const activation = failing.activate({ operation: 'publish', message: { type: 0 } }); // takes the handle once, and fails

    failing.close();
    await expect(activation).rejects.toThrow('there is no native side');
    failing.close();
    await new Promise((resolve) => setImmediate(resolve));

    expect(closed()).toBe(1);
  });
});
