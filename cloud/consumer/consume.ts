import { randomBytes } from 'node:crypto';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { type Consumer, LinkConsumer } from './consumer.ts';
import { type ConsumeOptions, checkOptions, filtersOf } from './options.ts';

/**
 * Consumes what devices publish, from any MQTT broker:
 *
 * ```ts
 * for await (const item of consume({ broker: 'mqtts://broker.example', clientId: 'results-to-sql' })) {
 *   if (item.kind === 'result' && item.answered) console.log(item.thing, item.label, item.score);
 * }
 * ```
 *
 * Every result comes once and, for each thing, in the order in which the broker hands it on, which is that of sending but
 * for what was sent again. What is missing is reported, and so is what cannot be read. The loop outlives malformed messages and broker outages: it ends by the signal, by `close()`, or by
 * leaving it. It throws only where the broker turns down the first connection (CONSUMER_REFUSED) or a subscription
 * (LINK_SUBSCRIBE_REFUSED).
 * @throws VergeError CONSUMER_OPTION_INVALID at once
 */
export function consume(options: ConsumeOptions): Consumer {
  const filters = filtersOf(options);
  const { maxTopics, keepAliveSeconds } = checkOptions(options);
  const { broker, clientId, cleanSession = clientId === undefined, tls, user, password } = options;
  const link = new MqttLink({
    url: broker,
    clientId: clientId ?? `verge-consumer-${randomBytes(6).toString('hex')}`,
    cleanSession,
    keepAliveSeconds,
    maxUnacknowledged: options.maxUnacknowledged,
    protocol: options.protocol,
    user,
    password,
    tls: tls && {
      ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
      ...(tls.certificate === undefined ? {} : { certificate: Buffer.from(tls.certificate) }),
      ...(tls.key === undefined ? {} : { key: Buffer.from(tls.key) }),
    },
  });
  return new LinkConsumer(link, {
    filters,
    maxTopics,
    acknowledge: options.acknowledge ?? 'taken',
    reportGaps: options.group === undefined,
    signal: options.signal,
  });
}
