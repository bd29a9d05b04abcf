/**
 * The cloud on a laptop: every stood-in service behind one door, a broker for IoT Core's MQTT, and local devices, with all
 * that they know in one folder. What each part does not imitate stands in its own first lines.
 */
import path from 'node:path';
import { createKeyring } from '../aws/keyring.ts';
import { type AwsServer, type AwsServerOptions, startAwsServer } from '../aws/server.ts';
import { startBroker } from '../broker/broker.ts';
import type { PersonalityName } from '../core/personality.ts';
import { startDevicePlane } from '../device-plane/device-plane.ts';
import type { CoreDevice } from '../greengrass/core-devices.ts';
import type { AddedTrainingJob } from '../sagemaker/add-training-job.ts';
import type { SageMaker } from '../sagemaker/service.ts';
import type { DeviceDescription, StackDescription } from './description.ts';
import { chooseDevices, type Devices, type KnownDevice, startDevices } from './devices.ts';
import { ensureBucket } from './ensure-bucket.ts';
import { localErrors } from './errors.ts';
import { knownPort } from './known-port.ts';
import { openServices } from './services.ts';
import { openState, type StackState, saveState } from './state.ts';

export interface StackOptions {
  /** Made where it isn't there; what an earlier run left in it is taken up. */
  readonly folder: string;
  /** Of a stack that is new; one that was up before keeps its own. */
  readonly region: string;
  readonly wanted: {
    /** How many devices run; undefined: those that are known from before. */
    readonly devices?: number | undefined;
    /** Of devices that are new. */
    readonly nucleus: PersonalityName;
  };
  readonly log: (text: string) => void;
  /** Told what each call to the services asks for. */
  readonly onInput?: AwsServerOptions['onInput'];
}

export interface Stack {
  readonly state: StackState;
  /** Where jobs and packages are put in that have no command of their own. */
  readonly sageMaker: SageMaker;
  describe(): StackDescription;
  /** @throws VergeError LOCAL_NAME_TAKEN; answers its ARN */
  addTrainingJob(job: AddedTrainingJob): string;
  /** Ends everything, the last part first. Safe to call twice. */
  close(): Promise<void>;
}

/** The usual name, so that `verge doctor` finds it without being told. */
const ROLE = 'GreengrassV2TokenExchangeRole';
const HOST = '127.0.0.1';

/** Brings the stack up, or fails with nothing of it left up. */
export async function openStack({ folder, region, wanted, log, onInput }: StackOptions): Promise<Stack> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) {
      await end().catch((error: unknown) => log(`An end that failed: ${String(error)}`));
    }
  };
  try {
    let state = openState(folder, region);
    const place = { region: state.region, account: state.account };
    const bucket = `verge-${state.account}-${state.region}`;
    const portOf = (name: keyof StackState['ports']): Promise<number> => knownPort(state.ports[name], HOST, log);
    const broker = await startBroker({ port: await portOf('broker'), host: HOST });
    closing.push(() => broker.close());
    const iotEndpoints: Record<string, string> = {};
    let endpoint = '';
    const { accessKeyId, secretAccessKey } = state;
    const services = await openServices({
      environment: () => ({
        VERGE_LOCAL_JOB: '1',
        ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: place.region, AWS_DEFAULT_REGION: place.region },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      }),
      ...{ folder, place, bucket, iotEndpoints },
      role: ROLE,
    });
    closing.push(() => services.sageMaker.close());
    const keyring = createKeyring([state]);
    const server = await startAwsServer({
      ...{ services: services.all, keyring, region: state.region },
      port: await portOf('aws'),
      ...(onInput ? { onInput } : {}),
    });
    closing.push(() => server.close());
    endpoint = server.url;
    await ensureBucket(services.s3, bucket, place.region);
    const plane = await startDevicePlane({
      ...services,
      ...{ keyring, broker, s3Url: server.url },
      ports: { mqtt: await portOf('deviceMqtt'), https: await portOf('deviceHttps') },
    });
    closing.push(() => plane.close());
    const { mqttUrl, dataUrl, credentialsUrl } = plane.address;
    for (const type of ['iot:Data-ATS', 'iot:Data']) iotEndpoints[type] = new URL(mqttUrl).host;
    iotEndpoints['iot:CredentialProvider'] = new URL(credentialsUrl).host;
    const chosen = chooseDevices(state.devices, wanted.devices, wanted.nucleus);
    const ports = {
      aws: server.port,
      broker: portIn(broker.url),
      deviceMqtt: portIn(mqttUrl),
      deviceHttps: portIn(dataUrl),
    };
    state = { ...state, ports, devices: [...chosen.all] };
    saveState(folder, state);
    const devices = await startDevices(chosen.running, {
      folder: path.join(folder, 'devices'),
      ...{ plane, log },
      registry: services.registry,
    });
    closing.push(() => devices.close());
    const since = new Date().toISOString();
    log(`Up: AWS at ${server.url}, MQTT at ${broker.url}`);
    return {
      state,
      sageMaker: services.sageMaker,
      describe: () => ({
        pid: process.pid,
        folder: path.resolve(folder),
        ...{ since, bucket },
        ...place,
        endpoint: server.url,
        broker: broker.url,
        role: `arn:aws:iam::${state.account}:role/${ROLE}`,
        services: [
          ...describeServices(server, services.all),
          { name: 'mqtt', address: broker.url },
          { name: 'mqtt of devices', address: mqttUrl },
          { name: 'https of devices', address: dataUrl },
        ],
        devices: chosen.running.map((device) =>
          describeDevice(
            device,
            services.greengrass.devices.all().find(({ thing }) => thing === device.thing),
            devices,
          ),
        ),
        trainingJobs: services.sageMaker.trainingJobs(),
      }),
      addTrainingJob(job) {
        if (services.sageMaker.trainingJobs().includes(job.name)) {
          throw localErrors.make('LOCAL_NAME_TAKEN', `There is a training job ${JSON.stringify(job.name)} already`);
        }
        return services.sageMaker.addTrainingJob(job);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function describeServices(
  { url, faults }: AwsServer,
  services: readonly { readonly name: string }[],
): StackDescription['services'] {
  const calls = new Map<string, number>();
  for (const { service } of faults.calls) calls.set(service, (calls.get(service) ?? 0) + 1);
  return services.map(({ name }) => ({ name, address: url, calls: calls.get(name) ?? 0 }));
}

/** What the cloud was told, which a device does at few moments (fact G4), with the states that components have now. */
function describeDevice(
  { thing, nucleus }: KnownDevice,
  told: CoreDevice | undefined,
  devices: Devices,
): DeviceDescription {
  return {
    thing,
    nucleus: told ? `${nucleus} ${told.coreVersion}` : nucleus,
    status: told?.status ?? 'UNKNOWN',
    components: (told?.components ?? []).map(({ name, version, state }) => ({
      ...{ name, version },
      state: devices.stateOf(thing, name) ?? state,
    })),
  };
}

function portIn(url: string): number {
  return Number(new URL(url).port);
}
