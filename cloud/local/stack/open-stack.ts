/**
 * The cloud on a laptop: every stood-in service behind one door, a broker for IoT Core's MQTT, and local devices, with all
 * that they know in one folder. What each part does not imitate stands in its own first lines.
 */
import path from 'node:path';
import { createKeyring } from '../aws/keyring.ts';
import { type AwsServer, startAwsServer } from '../aws/server.ts';
import { type Broker, startBroker } from '../broker/broker.ts';
import type { CoreDevice } from '../greengrass/core-devices.ts';
import { hearFleetStatus } from '../greengrass/fleet-status-topic.ts';
import { serveJobTopics } from '../iot/job-topics.ts';
import type { AddedTrainingJob } from '../sagemaker/add-training-job.ts';
import type { DeviceDescription, StackDescription } from './description.ts';
import { ensureBucket } from './ensure-bucket.ts';
import { localErrors } from './errors.ts';
import { openServices } from './services.ts';
import { openState, type StackState, saveState } from './state.ts';

export interface StackOptions {
  /** Made where it isn't there; what an earlier run left in it is taken up. */
  readonly folder: string;
  /** Of a stack that is new; one that was up before keeps its own. */
  readonly region: string;
  readonly log: (text: string) => void;
}

export interface Stack {
  readonly state: StackState;
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
export async function openStack({ folder, region, log }: StackOptions): Promise<Stack> {
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
    const broker = await onKnownPort(state.ports.broker, (port) => startBroker({ port, host: HOST }), log);
    closing.push(() => broker.close());
    const brokerPort = Number(new URL(broker.url).port);
    let endpoint = '';
    const { accessKeyId, secretAccessKey } = state;
    const services = await openServices({
      environment: () => ({
        ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: place.region, AWS_DEFAULT_REGION: place.region },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      }),
      ...{ folder, place, bucket },
      role: ROLE,
      iotEndpoints: { 'iot:Data-ATS': `${HOST}:${brokerPort}`, 'iot:Data': `${HOST}:${brokerPort}` },
    });
    closing.push(() => services.sageMaker.close());
    const keyring = createKeyring([state]);
    const server = await onKnownPort(
      state.ports.aws,
      (port) => startAwsServer({ services: services.all, keyring, region: state.region, port }),
      log,
    );
    closing.push(() => server.close());
    endpoint = server.url;
    state = { ...state, ports: { aws: server.port, broker: brokerPort } };
    saveState(folder, state);
    await ensureBucket(services.s3, bucket, place.region);
    const topics = await serveJobTopics(broker.url, services.jobs);
    closing.push(() => topics.close());
    const statuses = await hearFleetStatus(broker.url, services.greengrass.devices);
    closing.push(() => statuses.close());
    const since = new Date().toISOString();
    log(`Up: AWS at ${server.url}, MQTT at ${broker.url}`);
    return {
      state,
      describe: () => ({
        pid: process.pid,
        folder: path.resolve(folder),
        ...{ since, bucket },
        ...place,
        endpoint: server.url,
        broker: broker.url,
        role: `arn:aws:iam::${state.account}:role/${ROLE}`,
        services: describeServices(server, broker, services.all),
        devices: services.greengrass.devices.all().map(describeDevice),
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
  broker: Broker,
  services: readonly { readonly name: string }[],
): StackDescription['services'] {
  const calls = new Map<string, number>();
  for (const { service } of faults.calls) calls.set(service, (calls.get(service) ?? 0) + 1);
  return [
    ...services.map(({ name }) => ({ name, address: url, calls: calls.get(name) ?? 0 })),
    { name: 'mqtt', address: broker.url, calls: 0 },
  ];
}

function describeDevice({ thing, status, coreVersion, runtime, components }: CoreDevice): DeviceDescription {
  return {
    thing,
    status,
    nucleus: `${runtime === 'aws_nucleus_lite' ? 'lite' : 'java'} ${coreVersion}`,
    components: components.map(({ name, version, state }) => ({ name, version, state })),
  };
}

/** On the port of last time, so that whoever was pointed there still is; on any other where somebody has it now. */
async function onKnownPort<Started>(
  known: number,
  start: (port: number) => Promise<Started>,
  log: (text: string) => void,
): Promise<Started> {
  if (known === 0) return start(0);
  try {
    return await start(known);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    log(`Port ${known} is in use by now: another one is taken`);
    return start(0);
  }
}
