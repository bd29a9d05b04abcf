import { readFile, stat } from 'node:fs/promises';
import type { ConsumeOptions } from '../consumer/options.ts';
import type { OptionSpec } from './command.ts';
import { commandErrors } from './errors.ts';
import { textOption } from './options.ts';

/** Options of every verb that consumes from a broker. */
export const brokerOptionSpecs: readonly OptionSpec[] = [
  { flags: '--broker <url>', description: 'mqtt://, mqtts://, ws:// or wss:// and a host', required: true },
  { flags: '--user <name>', description: 'user at the broker' },
  { flags: '--password-file <file>', description: 'file that holds the password' },
  { flags: '--ca <file>', description: "certificates to trust (PEM); default: those of Node's" },
  { flags: '--cert <file>', description: 'certificate of this client (PEM)' },
  { flags: '--key <file>', description: 'its private key (PEM)' },
  { flags: '--client-id <id>', description: 'stable name: the broker keeps what comes while this client is away' },
  { flags: '--fleet <fleet>', description: 'only this fleet' },
  { flags: '--thing <thing>', description: 'only this thing' },
  { flags: '--share <group>', description: 'share the messages with all others of this group ($share)' },
];

/** A password or a chain of certificates is far smaller. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Those options as the consumer takes them, files read. @throws VergeError COMMAND_FILE_UNREADABLE */
export async function readBrokerOptions(options: Readonly<Record<string, unknown>>): Promise<ConsumeOptions> {
  const [passwordFile, ca, certificate, key] = await Promise.all([
    readSmallFile(options.passwordFile, '--password-file'),
    readSmallFile(options.ca, '--ca'),
    readSmallFile(options.cert, '--cert'),
    readSmallFile(options.key, '--key'),
  ]);
  return {
    broker: textOption(options.broker) ?? '',
    user: textOption(options.user),
    password: passwordFile?.toString('utf8').replace(/\r?\n$/, ''),
    tls: ca || certificate || key ? { ca, certificate, key } : undefined,
    clientId: textOption(options.clientId),
    fleet: textOption(options.fleet),
    thing: textOption(options.thing),
    group: textOption(options.share),
  };
}

async function readSmallFile(value: unknown, flag: string): Promise<Buffer | undefined> {
  const file = textOption(value);
  if (file === undefined) return undefined;
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_FILE_BYTES}`);
    return await readFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw commandErrors.make('COMMAND_FILE_UNREADABLE', `${flag} ${file} cannot be read (${why})`, error);
  }
}
