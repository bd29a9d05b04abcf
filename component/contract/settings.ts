import * as z from 'zod';
import { httpRoutesSchema } from './http-routes.ts';
import { modelNameSchema } from './manifest.ts';
import { MAX_MESSAGE_BYTES } from './parts.ts';
import { fleetNameSchema, thingNameSchema } from './topics.ts';

/** Version of the settings' own schema. */
export const SETTINGS_SCHEMA_VERSION = 1;

const path = z.string().min(1).max(1024);

/** Mail addresses, and numbers of seven digits or more. */
export const DEFAULT_REDACT_PATTERNS: readonly string[] = [
  '[\\pL\\pN._%+-]+@[\\pL\\pN.-]+',
  '\\+?[0-9]([ ()./-]{0,2}[0-9]){6,}',
];

/**
 * Settings of the runtime as an operator writes them. Flat and small, since nucleus lite takes no configuration value over
 * 1,024 bytes (fact L4); units are in the names. Unlike messages, settings refuse unknown keys: those are typing errors.
 */
export const settingsSchema = z.strictObject({
  schemaVersion: z.literal(SETTINGS_SCHEMA_VERSION).default(SETTINGS_SCHEMA_VERSION),
  fleet: fleetNameSchema,
  thing: thingNameSchema,
  /** Folders of bundles that serve where they stand; the first model answers texts that name none. */
  models: z.array(path).max(16).default([]),
  /**
   * Where bundles are kept that model components hand over, relative to the work folder; each comes up again after any
   * crash. Empty: none is taken over.
   */
  modelsFolder: z.string().max(1024).default('models'),
  /** Memory for all models together. Default: half of the device's. */
  modelMemoryBytes: z.number().int().min(16_777_216).optional(),
  /** How long a model stays after its component has gone, so that an update or a restart never unloads it; 0 for ever. */
  modelReleaseSeconds: z.number().int().min(0).max(86_400).default(600),
  /** PEM public keys, one after the other; with one, only models that it signed are taken. Several allow a change of keys. */
  modelPublicKey: z.string().min(1).max(4096).optional(),
  /** The same in a file: nucleus lite takes no value over 1,024 bytes (fact L4), which three keys are. */
  modelPublicKeyFile: path.optional(),
  /** Share of the texts that a challenger sees. */
  challengerShare: z.number().min(0).max(1).default(0.1),

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
  /** Whether texts come by the local topic, where the link has one: Greengrass does. */
  localSource: z.boolean().default(true),
  /** Whether what was answered to its asker, locally or over HTTP, is reported as a result too. */
  reportReplies: z.boolean().default(true),

  /** A file whose new lines are texts; may not be there yet. Empty: none. */
  followFile: z.string().max(1024).default(''),
  /** `lines`: each line is a text. `jsonl`: each line is an object with `text` and, if need be, `id` and `model`. */
  followFormat: z.enum(['lines', 'jsonl']).default('lines'),
  /** The model for lines that name none. */
  followModel: modelNameSchema.optional(),
  /** How often the file is looked at where the system does not tell of changes. */
  followPollMs: z.number().int().min(10).max(60_000).default(1000),

  /** Port of the HTTP source, which is off where neither this nor httpSocketPath is set; 0 takes a free one, which the log names. */
  httpPort: z.number().int().min(0).max(65_535).optional(),
  /** Any other than a loopback address needs httpTokenFile. */
  httpHost: z.string().min(1).max(253).default('127.0.0.1'),
  /** A Unix socket instead of, or besides, the port; relative to the work folder. */
  httpSocketPath: z.string().min(1).max(100).optional(),
  /** File with the token that callers show as access key id or as `Authorization: Bearer`; 16 to 128 letters, digits, - and _. */
  httpTokenFile: path.optional(),
  /** Which model answers which operation, such as `comprehend:DetectSentiment=mood,lex:RecognizeText=intents`. */
  httpRoutes: httpRoutesSchema.default(''),
  /** Largest body of a request; SageMaker takes 6 MB. */
  httpBodyBytes: z.number().int().min(1024).max(6_291_456).default(1_048_576),
  /** A request must have come in whole within this. */
  httpTimeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  /** Labels with scores that a caller can get for a text. */
  httpTopK: z.number().int().min(1).max(10_000).default(10),

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
  /** Results wait this long for others to share their message, and their requests with them to be acknowledged. */
  flushWaitMs: z.number().int().min(0).max(60_000).default(200),
  /** Where results wait for the link, on disk. One process only; relative to the working folder (fact I1). */
  outboxFolder: path.default('outbox'),
  /** Room for what waits; beyond it the least urgent and oldest is dropped and counted, a 32nd at a time. */
  outboxBytes: z
    .number()
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(128 * 1024 * 1024),
  /** What has waited longer is dropped and counted; by a clock that a jump of the device's clock doesn't move. */
  outboxAgeHours: z
    .number()
    .min(0.01)
    .max(24 * 366)
    .default(24 * 7),
  /**
   * When what is written to the outbox is forced onto the disk. A kill -9 of the process loses nothing with any of them;
   * a power cut loses, of what was acknowledged to its source, nothing (`always`), the last second (`every-second`), or
   * what the kernel had not written yet, some 30 s (`never`). `always` takes six times as long for a lone message
   * (0.3 ms instead of 0.05 ms on an SSD; on a flash card some milliseconds) and wears flash: one forced write for each
   * message instead of one a second (docs/decisions/2026-11-24-outbox-store.md).
   */
  outboxSync: z.enum(['always', 'every-second', 'never']).default('every-second'),
  /**
   * Room for commands that were accepted and are not answered yet, on disk beside the outbox; beyond it they are refused.
   * Under Greengrass only: a broker keeps them itself. Forced onto the disk as `outboxSync` says.
   */
  commandJournalBytes: z
    .number()
    .int()
    .min(1_048_576)
    .max(1_073_741_824)
    .default(16 * 1024 * 1024),
  /** Whether results carry the text, as it came. Off: a text leaves the device only where capture is asked for. */
  includeText: z.boolean().default(false),

  /** Texts with a lower score are sent for labelling, and those that the model rejected; 0: none. */
  captureBelowScore: z.number().min(0).max(1).default(0),
  /** Share of the texts that is sent for labelling by lot, the same for a request that comes again; 0: none. */
  captureShare: z.number().min(0).max(1).default(0),
  /** Whether texts on which the challenger disagrees are sent for labelling; it sees `challengerShare` of them. */
  captureDisagreement: z.boolean().default(false),
  /** No hour sees more of them; a quarter may go at once. */
  capturePerHour: z.number().int().min(4).max(100_000).default(60),
  /** No day sees more bytes of them; a quarter may go at once. */
  captureBytesPerDay: z.number().int().min(65_536).max(1_073_741_824).default(1_048_576),
  /**
   * What is taken out of them before they are written or sent: patterns in RE2's syntax, at most 1,024 bytes of JSON together
   * (fact L4). By default mail addresses, and numbers of seven digits or more, spaced as telephone and card numbers are.
   */
  captureRedact: z
    .array(z.string().min(1).max(256))
    .max(16)
    .default([...DEFAULT_REDACT_PATTERNS]),

  heartbeatSeconds: z.number().min(1).max(86_400).default(60),
  /** How far each pause between heartbeats strays, as a share of it, so that a fleet does not speak in chorus. */
  heartbeatJitter: z.number().min(0).max(0.5).default(0.1),
  /** Window of the statistics; a crash loses at most one. */
  statsSeconds: z.number().min(1).max(86_400).default(300),
  /** Population stability index, less what chance explains, from which on a distribution counts as drifted. */
  driftPsiBegin: z.number().min(0.01).max(100).default(0.25),
  /** … and at or below which it counts as recovered. */
  driftPsiEnd: z.number().min(0).max(100).default(0.1),
  /** The same for rates: how much unknown tokens or rejections rise, or the accuracy estimate falls, against the baseline. */
  driftRateBegin: z.number().min(0.001).max(1).default(0.1),
  driftRateEnd: z.number().min(0).max(1).default(0.05),
  /** A bound must hold for this many judgements in a row before anything is said. */
  driftWindows: z.number().int().min(1).max(1000).default(3),
  /** Drift is judged when this many texts have come, over several windows if need be. */
  driftMinTexts: z.number().int().min(20).max(1_000_000).default(100),
  /** Whether metrics go to the component aws.greengrass.Cloudwatch, over its local topic. */
  cloudWatchMetrics: z.boolean().default(false),
  cloudWatchNamespace: z
    .string()
    .max(255)
    .regex(
      /^(?!AWS\/)[A-Za-z0-9._/#-]+$/,
      'a namespace is 1 to 255 letters, digits and ._/#-, and does not start with AWS/',
    )
    .default('Verge'),
  /** How long a stop may take: the Java nucleus gives 15 seconds (fact G10). */
  drainTimeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** `greengrass`: log lines whose time and level aws.greengrass.LogManager reads. `plain`: shorter, with every value in its own key. */
  logFormat: z.enum(['plain', 'greengrass']).default('plain'),
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
