import { open } from 'node:fs/promises';
import type { Settings } from '../contract/settings.ts';
import { telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import { MqttLink, type MqttLinkOptions } from '../link/mqtt-link.ts';
import { lifecycleErrors } from './errors.ts';

/** A chain of certificates has some kilobytes. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The link that the settings ask for, not yet started. @throws VergeError RUNTIME_BROKER_MISSING, RUNTIME_BROKER_FILE */
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

async function readNamed(setting: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_FILE_BYTES}`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw lifecycleErrors.make('RUNTIME_BROKER_FILE', `${setting} ${file} cannot be read (${why})`, error);
  }
}
