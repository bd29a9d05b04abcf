import { setTimeout as delay } from 'node:timers/promises';
import { commandTopic, type Place } from '../../../component/contract/topics.ts';
import type { Link } from '../../../component/link/link.ts';
import type { DemoText } from '../../demo/texts.ts';

/** A text at a time, so that a person sees it come. */
const PAUSE_MS = 700;

/** Asks the device one text after the other, over and over, until the signal says so or the device has ended. */
export async function keepAsking(
  { link, place }: { readonly link: Link; readonly place: Place },
  texts: readonly DemoText[],
  signal: AbortSignal,
  ended: Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const given = AbortSignal.any([signal, stop.signal]);
  ended.then(
    () => stop.abort(),
    () => stop.abort(),
  );
  for (let asked = 0; !given.aborted; asked++) {
    const text = texts[asked % texts.length]?.text ?? '';
    const asking = [{ id: `kept-${asked + 1}`, text }];
    const command = { schemaVersion: 1, texts: asking, sentAt: new Date().toISOString() };
    await link.publish(commandTopic(place, 'classify'), Buffer.from(JSON.stringify(command)), { qos: 1 });
    await delay(PAUSE_MS, undefined, { signal: given }).catch(() => undefined);
  }
}
