import { consume } from '../../consumer/consume.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { ConsumeOptions } from '../../consumer/options.ts';
import { Evidence } from '../evidence/evidence.ts';
import type { RolloutState } from '../state.ts';

export interface Listening {
  readonly evidence: Evidence;
  readonly consumer: Consumer;
  /** Settles when listening ends; rejects where the broker refuses it. */
  readonly ended: Promise<void>;
}

/** Hears what the devices of a rollout say, from now on, and tells when the way to the broker is lost or found. @throws VergeError CONSUMER_… where the broker refuses */
export async function listen(
  state: Pick<RolloutState, 'plan' | 'waves'>,
  broker: ConsumeOptions,
  clock: () => Date,
  onLink: (words: string) => void = () => undefined,
): Promise<Listening> {
  const things = new Set(state.waves.flatMap(({ targets }) => targets.flatMap((target) => target.things)));
  const evidence = new Evidence(state.plan, things, clock().getTime());
  const consumer = consume({ ...broker, fleet: state.plan.fleet, streams: ['health', 'stats', 'event'] });
  const ended = (async () => {
    for await (const item of consumer) {
      evidence.add(item, clock().getTime());
      if (item.kind === 'link') onLink(`broker: ${item.state} (${item.reason})`);
    }
  })();
  ended.catch(() => undefined); // `ready` throws it where it matters
  await consumer.ready;
  return { evidence, consumer, ended };
}
