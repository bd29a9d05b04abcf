import { z } from 'zod';
import { MAX_MESSAGE_BYTES } from './parts.ts';
import { fleetNameSchema, thingNameSchema } from './topics.ts';

/** Version of the settings' own schema. */
export const SETTINGS_SCHEMA_VERSION = 1;

const path = z.string().min(1).max(1024);

/**
 * Settings of the runtime as an operator writes them. Flat and small, since nucleus lite takes no configuration value over
 * 1,024 bytes (fact L4); units are in the names. Unlike messages, settings refuse unknown keys: those are typing errors.
 */
export const settingsSchema = z.strictObject({
  schemaVersion: z.literal(SETTINGS_SCHEMA_VERSION).default(SETTINGS_SCHEMA_VERSION),
  fleet: fleetNameSchema,
  thing: thingNameSchema,
  /** Folders of bundles; the first answers texts that name no model. Memory is what bounds them. */
  models: z.array(path).min(1).max(16),

  /** The broker: mqtt, mqtts, ws or wss. Needed where no Greengrass nucleus is the way to it; unused where one is. */
  brokerUrl: z
    .string()
    .max(1024)
    .regex(/^(mqtts?|wss?):\/\/[^\s/]+/, 'a broker is mqtt://, mqtts://, ws:// or wss:// and a host')
    .optional(),
  /** Default: `verge-<thing>`. Stable, so that the broker knows the session again; IoT Core takes 128 characters. */
  brokerClientId: z.string().min(1).max(256).optional(),
  brokerUser: z.string().min(1).max(256).optional(),
  /** File that holds the password, so that it stands in no configuration; a final line feed is not part of it. */
  brokerPasswordFile: path.optional(),
  brokerCaFile: path.optional(),
  brokerCertificateFile: path.optional(),
  brokerKeyFile: path.optional(),
  /** The broker notices a dead device after one and a half times this. */
  brokerKeepAliveSeconds: z.number().int().min(5).max(1200).default(30),

  /** The nucleus around the runtime, which decides what it sends; `auto`: found out at start. */
  nucleus: z.enum(['auto', 'lite', 'java']).default('auto'),

  /** Whether texts come by the MQTT command topic. */
  commandSource: z.boolean().default(true),
  /** Texts accepted and not yet answered, per model; more are refused with a typed result. */
  engineQueueTexts: z.number().int().min(1).max(100_000).default(1024),
  /** Threads of inference; two or more collapse when another process wants the core (fact R4). */
  engineThreads: z.number().int().min(1).max(64).default(1),
  /** Exact duplicates are answered from here (fact R8); 0 switches it off. */
  engineCacheEntries: z.number().int().min(0).max(1_000_000).default(4096),
  /** Padded tokens of one batch (fact R2). */
  engineBatchTokens: z.number().int().min(16).max(16_384).default(256),
  /** False: no text shares a batch with another, so its scores depend on it alone (fact R5). */
  engineMixTexts: z.boolean().default(true),
  /** Next best labels in each result. */
  runnersUp: z.number().int().min(0).max(20).default(2),

  /** Largest message: IoT Core meters by 5 KB (fact G8), and nucleus lite takes 7,300 bytes (fact L4). */
  messageBytes: z
    .number()
    .int()
    .min(1024)
    .max(MAX_MESSAGE_BYTES)
    .default(5 * 1024),
  /** Results wait this long for others to share their message. */
  flushWaitMs: z.number().int().min(0).max(60_000).default(200),
  /** Results kept while the link is away; beyond it the oldest are dropped and counted. */
  outboxBytes: z
    .number()
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(16 * 1024 * 1024),
  /** Whether results carry the text. Off: no text leaves the device. */
  includeText: z.boolean().default(false),

  heartbeatSeconds: z.number().min(1).max(86_400).default(60),
  /** How long a stop may take: the Java nucleus gives 15 seconds (fact G10). */
  drainTimeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** As an operator writes them. */
export type SettingsInput = z.input<typeof settingsSchema>;
/** As the code uses them: checked, completed and frozen. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export const settingsExample: SettingsInput = {
  fleet: 'bakeries',
  thing: 'oven-17',
  models: ['/var/lib/verge/models/intents-mini'],
  brokerUrl: 'mqtts://broker.example:8883',
  brokerUser: 'oven-17',
  brokerPasswordFile: '/etc/verge/password',
  brokerCaFile: '/etc/verge/ca.pem',
  heartbeatSeconds: 60,
};
