import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Acknowledgements } from '../../../../cloud/consumer/acknowledgements.ts';
import { Delivery } from '../../../../cloud/consumer/delivery.ts';
import type { Acknowledgement } from '../../../../cloud/consumer/item.ts';
import { settled } from '../../../support/fake-link.ts';

/** Messages of so many items each, 0 standing for a notice, and what is acknowledged: by itself or through. */
const CALLS = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 }),
  calls: fc.array(fc.record({ at: fc.nat({ max: 40 }), isThrough: fc.boolean() }), { maxLength: 20 }),
});

describe('acknowledgements', () => {
  it('settle each message with the last of its items, in whatever order items are done', async () => {
    await fc.assert(
      fc.asyncProperty(CALLS, async ({ sizes, calls }) => {
        const acknowledgements = new Acknowledgements();
        const settledMessages = new Set<number>();
        const handedOver: { readonly message: number; readonly acknowledgement: Acknowledgement }[] = [];
        for (const [message, size] of sizes.entries()) {
          if (size === 0) handedOver.push({ message, acknowledgement: acknowledgements.passing() });
          const delivery = new Delivery('topic', new Uint8Array());
          delivery.settled.then(() => settledMessages.add(message));
          const acknowledgementOf = size === 0 ? undefined : acknowledgements.owing(delivery, size);
          for (let index = 0; index < size; index++) {
            if (acknowledgementOf) handedOver.push({ message, acknowledgement: acknowledgementOf(index) });
          }
        }

        const done = new Set<number>();
        for (const { at, isThrough } of calls) {
          const place = at % handedOver.length;
          const acknowledgement = handedOver[place]?.acknowledgement;
          if (isThrough) acknowledgement?.ackThrough();
          else acknowledgement?.ack();
          for (let item = isThrough ? 0 : place; item <= place; item++) done.add(item);
        }
        await settled();

        const owed = handedOver.flatMap(({ message }, item) =>
          sizes[message] === 0 || done.has(item) ? [] : [message],
        );
        expect(acknowledgements.open).toBe(owed.length);
        expect([...settledMessages].sort()).toEqual(
          sizes.flatMap((size, message) => (size > 0 && !owed.includes(message) ? [message] : [])),
        );
      }),
    );
  });
});
