import { Acknowledgements } from '../../cloud/consumer/acknowledgements.ts';
import { Delivery } from '../../cloud/consumer/delivery.ts';
import { Intake } from '../../cloud/consumer/intake.ts';
import { rowsOf, thingRowsOf } from '../../cloud/sink/rows/batch-rows.ts';
import type { Row } from '../../cloud/sink/store.ts';

/** Texts at the edge of what a database takes. */
export const LIMITS_OF_TEXT: readonly string[] = [
  "'); drop table results; --",
  '\u0000',
  'a\u0000b',
  '\ud800',
  'half \udc00 pair',
  'whole \ud83d\ude00 pair',
  '\ufdd0',
  '\ufdd00000',
  '\\N',
  '\\x00',
  'tab\there\nand\r\nthere\\',
  '"; DROP SCHEMA verge CASCADE; --',
  '$$ \\. {}',
  '\u2028\u202e\ufeff',
];

/** The rows of messages as they come off a broker; each is read anew, as after a restart. */
export function rowsOfMessages(messages: readonly (readonly [string, Uint8Array])[], receivedAtMs = Date.now()): Row[] {
  const items = messages.flatMap(([topic, payload]) => {
    const intake = new Intake({ reportGaps: false, maxTopics: 10 }, new Acknowledgements());
    return intake.read(new Delivery(topic, payload));
  });
  return [...rowsOf(items, receivedAtMs), ...thingRowsOf(items, receivedAtMs)];
}
