/**
 * A Greengrass core on this machine, for tests and for people without a device: the IPC wire to the real device SDK (fact
 * I3), with the limits and gaps of one nucleus or the other (facts L, G), its IoT Core topics bridged to any MQTT broker,
 * recipes' lifecycle steps as processes of this machine, and deployments: local ones from folders, and those of the cloud
 * where it joins one (facts D1 to D6). What the cloud had it run it runs again after a restart.
 *
 * What it does not do: shadows, secrets, tokens for AWS credentials, renewal of certificates, client devices, the Stream
 * Manager, pausing of components, users and groups of the operating system, disk spools, throttling to what IoT Core takes
 * (fact G8), timestamps for each configuration value, lifecycle steps other than install, startup, run and shutdown,
 * `skipif` and `recover`, soft dependencies as such, running again what a local deployment brought (its configuration
 * alone is taken up), bootstrapping, artifacts that are no objects in S3, and the daily fleet status. A deployment that is
 * cancelled while it is under way goes on.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlaneAddress } from '../device-plane/device-plane.ts';
import { Membership } from './cloud/membership.ts';
import type { Shown } from './cloud/plane-client.ts';
import type { Component } from './components/component.ts';
import { ConfigurationStore } from './configuration/configuration-store.ts';
import type { ConfigurationTree } from './configuration/configuration-tree.ts';
import { Consultation } from './deployment/consultation.ts';
import { componentOf, Deployer, type DeploymentOutcome, type DeploymentRequest } from './deployment/deployer.ts';
import { IotCore } from './iot-core/iot-core.ts';
import { Faults } from './ipc/faults.ts';
import { IpcServer } from './ipc/ipc-server.ts';
import { Tokens } from './ipc/tokens.ts';
import { configurationOperations } from './operations/configuration-operations.ts';
import { iotCoreOperations } from './operations/iot-core-operations.ts';
import { lifecycleOperations } from './operations/lifecycle-operations.ts';
import { localTopicOperations } from './operations/local-topics.ts';
import { PERSONALITIES, type Personality, type PersonalityName } from './personality.ts';

export interface CoreOptions {
  /** Folder that stands for `/greengrass/v2` or `/var/lib/greengrass`; created. What is in it from before is taken up. */
  readonly root: string;
  readonly thing: string;
  readonly region: string;
  readonly personality: PersonalityName;
  /** mqtt:// of the broker that stands for IoT Core; mqtts:// with `cloud`. */
  readonly broker: string;
  /** The cloud that it joins as a core device; default: none. `joinCore` says it shorter. */
  readonly cloud?: { readonly certificate: Shown; readonly plane: PlaneAddress };
  /** Folder of recipes, `NAME-VERSION.yaml`, and of artifacts, `NAME/VERSION/FILE`; default: in the root. */
  readonly recipes?: string;
  readonly artifacts?: string;
  /** How long a component may take to stop; 15 seconds as with the Java nucleus (fact G10). */
  readonly stopTimeoutMs?: number;
  /** A component counts as up when it has stayed so for this long. */
  readonly settleMs?: number;
  /** Hears what the core itself has to say. */
  readonly onLog?: (text: string) => void;
}

/** What a component needs to speak to the core, when the core doesn't run it (fact I1). */
export interface Admission {
  readonly socketPath: string;
  readonly token: string;
}

export interface Core {
  readonly root: string;
  readonly socketPath: string;
  /** The IPC, and how to make it fail. */
  readonly ipc: {
    readonly faults: Faults;
    readonly connectionCount: () => number;
    /** Cuts every connection there is. */
    readonly dropConnections: () => void;
    /** The daemon ends and comes back; it knows no token from before where `forgetTokens` says so (fact L7). */
    readonly stop: () => Promise<void>;
    readonly restart: (options?: { readonly forgetTokens?: boolean }) => Promise<void>;
  };
  /** The connection to the cloud. */
  readonly cloud: {
    readonly disconnect: () => Promise<void>;
    readonly reconnect: () => void;
    readonly connected: () => boolean;
  };
  /** Lets a program that the core doesn't run be a component: a new token each time. */
  readonly admit: (component: string, configuration?: ConfigurationTree) => Promise<Admission>;
  readonly configuration: (component: string) => ConfigurationTree;
  /** @throws VergeError CORE_RECIPE_…, CORE_ARTIFACT_… before anything was changed */
  readonly deploy: (request: DeploymentRequest) => Promise<DeploymentOutcome>;
  /** A deployed component. @throws VergeError CORE_COMPONENT_UNKNOWN */
  readonly component: (name: string) => Component;
  /** What components said of their state, in order, those that the core doesn't run included. */
  readonly reports: readonly StateReport[];
  /** Ends everything. Safe to call twice. */
  readonly close: () => Promise<void>;
}

export interface StateReport {
  readonly component: string;
  readonly state: 'RUNNING' | 'ERRORED';
}

const STOP_TIMEOUT_MS = 15_000;
const SETTLE_MS = 1500;
/** `sun_path` has 108 bytes, the last of them zero. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Starts a core. @throws Error of the file system */
export async function startCore(options: CoreOptions): Promise<Core> {
  const personality = PERSONALITIES[options.personality];
  const root = path.resolve(options.root);
  const { socketPath, removeSocket } = await chooseSocket(root, personality);
  await mkdir(path.join(root, 'work'), { recursive: true });
  const log = options.onLog ?? (() => undefined);
  const configuration = await ConfigurationStore.open(path.join(root, 'config'));
  const tokens = new Tokens();
  const faults = new Faults();
  const { thing, broker, cloud } = options;
  const tls = cloud && { ...cloud.certificate, authority: cloud.plane.authority };
  const iotCore = new IotCore({ broker, clientId: thing, limits: personality.iotCore, tls, log });
  const consultation = new Consultation();
  const reports: StateReport[] = [];
  const deployer = new Deployer({
    personality,
    root,
    thing,
    recipes: options.recipes ?? path.join(root, 'recipes'),
    artifacts: options.artifacts ?? path.join(root, 'artifacts'),
    configuration,
    consultation,
    environment: (component) => environmentOf(options, personality, { socketPath, token: tokens.issue(component) }),
    stopTimeoutMs: options.stopTimeoutMs ?? STOP_TIMEOUT_MS,
    settleMs: options.settleMs ?? SETTLE_MS,
  });
  const orphans = (): void => {
    for (const component of deployer.components.values()) component.kill();
  };
  process.once('exit', orphans);
  const operations = {
    ...localTopicOperations({ thing, configuration }),
    ...iotCoreOperations({ thing, configuration, iotCore }),
    ...configurationOperations({ personality, configuration }),
    ...consultation.operations,
    ...lifecycleOperations({
      thing,
      configuration,
      deployer,
      onReport: (component, state) => reports.push({ component, state }),
    }),
  };
  const server = new IpcServer({ socketPath, personality, tokens, operations, faults, log });
  await server.open();
  const membership = cloud && (await Membership.join({ ...cloud, thing, root, personality, deployer, iotCore, log }));

  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    await deployer.stopAll();
    process.off('exit', orphans);
    await server.close();
    await iotCore.close();
    membership?.close();
    await removeSocket();
  }

  return {
    root,
    socketPath,
    ipc: {
      faults,
      connectionCount: () => server.connectionCount,
      dropConnections: () => server.dropConnections(),
      stop: () => server.close(),
      async restart({ forgetTokens = false } = {}) {
        await server.close();
        if (forgetTokens) tokens.clear();
        await server.open();
      },
    },
    cloud: {
      disconnect: () => iotCore.disconnect(),
      reconnect: () => iotCore.reconnect(),
      connected: () => iotCore.connected,
    },
    async admit(component, tree) {
      if (tree !== undefined || !configuration.has(component)) await configuration.set(component, tree ?? {});
      return { socketPath, token: tokens.issue(component) };
    },
    configuration: (component) => configuration.get(component),
    deploy: (request) => deployer.deploy(request),
    component: (name) => componentOf(deployer.components, name),
    reports,
    close() {
      closing ??= end();
      return closing;
    },
  };
}

/** In the root, as a real one; in a temporary folder where that makes too long a path. */
async function chooseSocket(
  root: string,
  { socketName }: Personality,
): Promise<{ readonly socketPath: string; readonly removeSocket: () => Promise<void> }> {
  const usual = path.join(root, socketName);
  if (Buffer.byteLength(usual) <= MAX_SOCKET_PATH_BYTES) {
    return { socketPath: usual, removeSocket: () => rm(usual, { force: true }) };
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'verge-core-'));
  return {
    socketPath: path.join(folder, socketName),
    removeSocket: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Fact I1, and as little of this machine as a program needs. */
function environmentOf(
  { thing, region, root }: CoreOptions,
  personality: Personality,
  { socketPath, token }: Admission,
): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  return {
    PATH,
    HOME,
    AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socketPath,
    SVCUID: token,
    AWS_IOT_THING_NAME: thing,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    GGC_VERSION: personality.version,
    GG_ROOT_CA_PATH: path.join(path.resolve(root), 'rootCA.pem'),
  };
}
