import { describe } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { hasMosquitto, mosquittoNote, startMosquitto } from '../support/mosquitto.ts';
import { type LinkWorld, linkContract } from './link-contract.ts';

function makeLinkTo(url: string): LinkWorld['makeLink'] {
  return (clientId) => new MqttLink({ url, clientId, cleanSession: false, keepAliveSeconds: 30, random: () => 0 });
}

linkContract('MQTT link to the embedded broker', async () => {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  return {
    makeLink: makeLinkTo(broker.url),
    keepsSessions: true,
    maxUnfinished: 100,
    interrupt: broker.interrupt,
    resume: broker.resume,
    close: broker.close,
  };
});

describe.skipIf(!hasMosquitto)(`Mosquitto${mosquittoNote}`, () => {
  linkContract('MQTT link to Mosquitto', async () => {
    const broker = await startMosquitto();
    return {
      makeLink: makeLinkTo(broker.url),
      keepsSessions: true,
      maxUnfinished: 100,
      interrupt: broker.stop,
      resume: broker.start,
      close: broker.close,
    };
  });
});
