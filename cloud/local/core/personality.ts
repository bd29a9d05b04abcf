/** Which of the two nuclei a core behaves as. */
export type PersonalityName = 'lite' | 'java';

/** What tells one nucleus from the other on the wire and in the lifecycle; every difference the core knows is a field here. */
export interface Personality {
  readonly name: PersonalityName;
  /** Its name as recipes and the cloud know it. */
  readonly runtime: 'aws_nucleus_lite' | 'aws_nucleus_classic';
  /** The component that is the nucleus itself: deployments may name it, and it is there. */
  readonly ownComponent: string;
  /** `GGC_VERSION` in the environment of components (fact I1). */
  readonly version: string;
  /** Name of the IPC socket in the root folder: each nucleus has its own. */
  readonly socketName: string;
  /** Larger frames, either way, close the connection (lite) or are refused (fact L4). */
  readonly maxFrameBytes: number;
  /** Operations answered at all; any other is a `ServiceError` with an empty message (fact L6). */
  readonly operations: ReadonlySet<string>;
  /** What is answered to a token that is not known: a polite refusal (Java), or nothing but the end of the connection. */
  readonly refusesTokensPolitely: boolean;
  readonly iotCore: IotCoreLimits;
  /** One value of the configuration, as JSON; larger ones fail the deployment (fact L4). */
  readonly maxConfigurationValueBytes: number;
  /** Fact L8: a timestamp without a fraction is not read as one. */
  readonly refusesWholeSeconds: boolean;
  /** Fact L8: a deployment that changes a component's configuration restarts it. */
  readonly restartsOnConfiguration: boolean;
  /** Whether components may object to a deployment, by deferral and by validation (facts L3, L6). */
  readonly asksComponents: boolean;
  /** Whether a deployment that fails puts the versions before back (fact L3). */
  readonly rollsBack: boolean;
  /** Whether recipes may spell keys and lifecycle steps in any case, and need no `runtime` in a platform (fact L1). */
  readonly recipesInAnyCase: boolean;
  /** Whether the cloud is asked for the version of a component that the device has one of (fact L9). */
  readonly asksForKnownVersions: boolean;
  /** How it writes in a question to the cloud that it wants one version and no other. */
  readonly exactly: '==' | '';
  /** Whether a job that failed says why (read in the source of both). */
  readonly explainsFailures: boolean;
  /** What a component is asked to stop with, before it is killed (fact L9; for Java read in its source). */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long after an error a component is started again. */
  readonly restartDelayMs: number;
  /** A component with this many errors within `errorWindowMs` is BROKEN (facts L7, G10). */
  readonly maxErrors: number;
  readonly errorWindowMs: number;
}

export interface IotCoreLimits {
  /** Payload of one publish (fact G8). */
  readonly maxPayloadBytes: number;
  /** Payloads from the cloud over this are dropped without a word (fact L4). */
  readonly maxInboundBytes: number;
  /** Acknowledged publishes under way to the broker at once (facts G8, L5). */
  readonly maxInFlight: number;
  /** Their bytes, packets counted whole (fact L5). */
  readonly maxInFlightBytes: number;
  /** Messages kept while the broker is away (fact G8); 0: a publish then fails at once (fact L5). */
  readonly spoolBytes: number;
  /** Whether the broker keeps the session, and what comes meanwhile, while the nucleus is away. */
  readonly keepsSession: boolean;
}

/** Every operation of the device SDK that the core imitates. */
const ALL_OPERATIONS = [
  'SubscribeToTopic',
  'PublishToTopic',
  'PublishToIoTCore',
  'SubscribeToIoTCore',
  'GetConfiguration',
  'UpdateConfiguration',
  'SubscribeToConfigurationUpdate',
  'UpdateState',
  'CreateLocalDeployment',
  'RestartComponent',
] as const;

const JAVA_OPERATIONS = [
  ...ALL_OPERATIONS,
  'SubscribeToComponentUpdates',
  'DeferComponentUpdate',
  'SubscribeToValidateConfigurationUpdates',
  'SendConfigurationValidityReport',
  'PutComponentMetric',
  'ListComponents',
  'GetComponentDetails',
] as const;

const KIB = 1024;

/**
 * Nucleus lite 2.6 (facts L1 to L9). It answers a publish when the packet is written, before the broker has it, and it
 * begins a new session with every connection, so what was written and not acknowledged is lost with a connection (read in
 * its source).
 */
const LITE: Personality = {
  name: 'lite',
  runtime: 'aws_nucleus_lite',
  ownComponent: 'aws.greengrass.NucleusLite',
  version: '2.6.0',
  socketName: 'gg-ipc.socket',
  maxFrameBytes: 10_000,
  operations: new Set(ALL_OPERATIONS),
  refusesTokensPolitely: false,
  iotCore: {
    maxPayloadBytes: 128 * KIB,
    maxInboundBytes: 4900,
    maxInFlight: 10,
    maxInFlightBytes: 15_000,
    spoolBytes: 0,
    keepsSession: false,
  },
  maxConfigurationValueBytes: 1024,
  refusesWholeSeconds: true,
  restartsOnConfiguration: true,
  asksComponents: false,
  rollsBack: false,
  recipesInAnyCase: false,
  asksForKnownVersions: false,
  exactly: '',
  explainsFailures: false,
  stopSignal: 'SIGTERM',
  restartDelayMs: 1000,
  maxErrors: 3,
  errorWindowMs: 3_600_000,
};

/**
 * The Java nucleus (facts G6, G8, G10). It answers a publish when the message is in its spool, in memory. When that is full
 * the oldest QoS 0 messages make room, and if there are none the publish fails (read in its source; fact G8 is shorter).
 */
const JAVA: Personality = {
  name: 'java',
  runtime: 'aws_nucleus_classic',
  ownComponent: 'aws.greengrass.Nucleus',
  version: '2.14.0',
  socketName: 'ipc.socket',
  maxFrameBytes: 16 * KIB * KIB,
  operations: new Set(JAVA_OPERATIONS),
  refusesTokensPolitely: true,
  iotCore: {
    maxPayloadBytes: 128 * KIB,
    maxInboundBytes: Number.POSITIVE_INFINITY,
    maxInFlight: 5,
    maxInFlightBytes: Number.POSITIVE_INFINITY,
    spoolBytes: 2.5 * KIB * KIB,
    keepsSession: true,
  },
  maxConfigurationValueBytes: Number.POSITIVE_INFINITY,
  refusesWholeSeconds: false,
  restartsOnConfiguration: false,
  asksComponents: true,
  rollsBack: true,
  recipesInAnyCase: true,
  asksForKnownVersions: true,
  exactly: '==',
  explainsFailures: true,
  stopSignal: 'SIGINT',
  restartDelayMs: 0,
  maxErrors: 3,
  errorWindowMs: 3_600_000,
};

export const PERSONALITIES: Readonly<Record<PersonalityName, Personality>> = { lite: LITE, java: JAVA };
