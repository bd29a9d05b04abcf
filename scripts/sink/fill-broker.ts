import { connectAsync } from 'mqtt';
import { TELEMETRY_STREAMS, telemetryFilter, telemetryTopic } from '../../component/contract/topics.ts';
import { makeResults } from './make-message.ts';

const THINGS = 100;
const IN_FLIGHT = 20;

/** Lets the broker keep a session for a client that isn't there yet, and fills it with messages. */
export async function fillBroker(url: string, clientId: string, messages: number, perMessage: number): Promise<void> {
  const session = await connectAsync(url, { clientId, clean: false });
  await session.subscribeAsync(
    TELEMETRY_STREAMS.map((stream) => telemetryFilter(stream)),
    { qos: 1 },
  );
  await session.endAsync();
  const sender = await connectAsync(url, { clientId: `${clientId}-sender` });
  for (let sent = 0; sent < messages; sent += IN_FLIGHT) {
    const some = Array.from({ length: Math.min(IN_FLIGHT, messages - sent) }, (_, index) => {
      const place = { fleet: 'bench', thing: `thing-${(sent + index) % THINGS}` };
      const seq = 1 + Math.floor((sent + index) / THINGS);
      return sender.publishAsync(telemetryTopic(place, 'result'), makeResults(place, 'b1', seq, perMessage), {
        qos: 1,
      });
    });
    await Promise.all(some);
  }
  await sender.endAsync();
}
