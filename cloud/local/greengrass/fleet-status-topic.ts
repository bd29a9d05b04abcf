import { connectAsync } from 'mqtt';
import { type CoreDevices, fleetStatusSchema } from './core-devices.ts';

/**
 * Hears what core devices say of themselves (fact D5) until it is closed. What is no fleet status, or speaks for another
 * thing than its topic names, is passed over, as the service does.
 * @param url mqtt:// of the broker
 */
export async function hearFleetStatus(
  url: string,
  devices: CoreDevices,
  clock: () => Date = () => new Date(),
): Promise<{ close(): Promise<void> }> {
  const link = await connectAsync(url, { clientId: 'local-greengrass-fleet-status', clean: true });
  link.on('message', (topic, payload) => {
    const [, thing] = topic.match(/^\$aws\/things\/([^/]+)\/greengrassv2\/health\/json$/) ?? [];
    const read = fleetStatusSchema.safeParse(parse(payload));
    if (read.success && read.data.thing === thing) devices.report(read.data, clock());
  });
  await link.subscribeAsync('$aws/things/+/greengrassv2/health/json', { qos: 1 });
  return { close: () => link.endAsync() };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
