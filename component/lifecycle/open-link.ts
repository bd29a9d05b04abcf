import type { Settings } from '../contract/settings.ts';
import { telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import { MqttLink, type MqttLinkOptions } from '../link/mqtt-link.ts';
import { lifecycleErrors } from './errors.ts';
import { readNamed } from './read-named.ts';

/** The link that the settings ask for, not yet started. @throws VergeError RUNTIME_BROKER_MISSING, RUNTIME_FILE */
export async function openLink(settings: Settings, will: Uint8Array): Promise<Link> {
  const { brokerUrl } = settings;
  if (brokerUrl === undefined) {
    throw lifecycleErrors.make('RUNTIME_BROKER_MISSING', 'the settings have no brokerUrl, and no nucleus is around');
  }
  const [password, ca, certificate, key] = await Promise.all([
    readNamed('brokerPasswordFile', settings.brokerPasswordFile),
    readNamed('brokerCaFile', settings.brokerCaFile),
    readNamed('brokerCertificateFile', settings.brokerCertificateFile),
    readNamed('brokerKeyFile', settings.brokerKeyFile),
  ]);
  const tls: MqttLinkOptions['tls'] = {
    ...(ca ? { ca } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
  };
  return new MqttLink({
    url: brokerUrl,
    clientId: settings.brokerClientId ?? `verge-${settings.thing}`,
    cleanSession: false,
    keepAliveSeconds: settings.brokerKeepAliveSeconds,
    user: settings.brokerUser,
    password: password?.toString('utf8').replace(/\r?\n$/, ''),
    tls,
    lastWill: { topic: telemetryTopic(settings, 'health'), payload: will },
  });
}
