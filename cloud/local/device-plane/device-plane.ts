/**
 * The half of the cloud that core devices speak to (facts D1 to D6): MQTT over TLS with a certificate for each thing, the
 * groups of a thing, component candidates and temporary credentials over HTTPS with the same certificate.
 *
 * What it does not do: the endpoints' own host names and ports 443 and 8443 (any free port on 127.0.0.1), ALPN, MQTT 5 and
 * over WebSockets, IoT policies by the API (all things have one, `DevicePolicy`), roles that allow less than everything,
 * shadows, client devices, artifacts of AWS's own components, `PutCertificateAuthorities`, throttling that nobody asked for.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { attempt, cut, send } from '../aws/answer.ts';
import { AwsError } from '../aws/aws-error.ts';
import { createFaults, type Faults } from '../aws/faults.ts';
import type { Keyring } from '../aws/keyring.ts';
import { restJson } from '../aws/protocol/rest-json.ts';
import { collect, readHead } from '../aws/request.ts';
import type { Broker } from '../broker/broker.ts';
import type { Authority, Credential } from '../certificates/authority.ts';
import { hearFleetStatus } from '../greengrass/fleet-status-topic.ts';
import type { Greengrass } from '../greengrass/greengrass.ts';
import { type Certificates, idOf } from '../iot/certificates.ts';
import { serveJobTopics } from '../iot/job-topics.ts';
import type { Jobs } from '../iot/jobs.ts';
import type { Registry } from '../iot/registry.ts';
import type { RoleAliases } from '../iot/role-aliases.ts';
import { type PlaneParts, planeCall } from './operations.ts';
import { DEVICE_POLICY, type DevicePolicy, rightsOf } from './policy.ts';

export interface DevicePlaneOptions {
  readonly authority: Authority;
  readonly registry: Registry;
  readonly certificates: Certificates;
  readonly roleAliases: RoleAliases;
  readonly jobs: Jobs;
  readonly greengrass: Greengrass;
  /** Of the signed door, which takes the credentials that devices are given. */
  readonly keyring: Keyring;
  readonly broker: Broker;
  /** Where devices find S3: the signed door. */
  readonly s3Url: string;
  /** Default: any free ones. */
  readonly ports?: { readonly mqtt?: number; readonly https?: number };
  /** Default: `GreengrassCoreTokenExchangeRoleAlias`, made where it isn't there. */
  readonly roleAlias?: string;
  /** Default: a thing's own topics and those of the contract. */
  readonly policy?: DevicePolicy;
  readonly clock?: () => Date;
}

/** All that a device must know to join, beside its name and its certificate. Plain data: it may be in another process. */
export interface PlaneAddress {
  readonly region: string;
  /** mqtts:// */
  readonly mqttUrl: string;
  /** https:// of the data endpoint, and of the credentials endpoint. */
  readonly dataUrl: string;
  readonly credentialsUrl: string;
  readonly roleAlias: string;
  readonly s3Url: string;
  /** PEM of the authority that the endpoints' certificates come from. */
  readonly authority: string;
}

export interface DevicePlane {
  readonly address: PlaneAddress;
  /** Calls over HTTPS, and how to make them fail: `ListThingGroupsForCoreDevice`, `ResolveComponentCandidates`, … */
  readonly faults: Faults;
  /** Gives a thing, which must be there, a certificate of its own. @throws AwsError ResourceNotFoundException */
  enrol(thing: string): Promise<Credential>;
  /** Gives many things one certificate, which speaks for each of them: for fleets that are simulated. */
  enrolTogether(things: readonly string[]): Promise<Credential>;
  /** Ends it; the broker goes on. Safe to call twice. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const ROLE_ALIAS = 'GreengrassCoreTokenExchangeRoleAlias';
const ROLE = 'role/GreengrassV2TokenExchangeRole';
/** What a device asks is a list of component names. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Starts it beside a broker, on which it also serves jobs and hears fleet status. @throws Error of `listen` */
export async function startDevicePlane(options: DevicePlaneOptions): Promise<DevicePlane> {
  const { authority, registry, certificates, roleAliases, broker, jobs, greengrass, ports = {} } = options;
  const { policy = DEVICE_POLICY, roleAlias = ROLE_ALIAS, clock = () => new Date() } = options;
  ensureAlias(roleAliases, roleAlias, `arn:aws:iam::${registry.place.account}:${ROLE}`);
  const endpoint = await authority.issueServer(['localhost', HOST]);
  const faults = createFaults();
  const protocol = restJson();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = readHead(request, randomUUID());
    const call = planeCall(head, partsFor(options, request));
    const operation = call?.operation ?? 'Unknown';
    const { index, fault } = faults.next('device-plane', operation);
    if (fault?.kind === 'disconnect') return cut(response);
    const answer = await attempt(protocol, head, async () => {
      if (fault?.kind === 'throttle') throw protocol.throttled();
      if (fault?.kind === 'error') throw new AwsError(fault.code, fault.status, fault.message);
      if (!call) throw new AwsError('UnknownOperationException', 404, `There is nothing at ${head.path}`);
      return call.answer(await collect(request, MAX_BODY_BYTES), clock());
    });
    faults.answered({ index, service: 'device-plane', operation, status: answer.status });
    if (fault?.kind === 'lose-answer') return cut(response);
    await send(answer, request, response, fault);
  }

  const tls = { cert: endpoint.certificate, key: endpoint.key, ca: authority.certificate };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    serve(request, response).catch(() => cut(response));
  });
  const url = `https://${HOST}:${await listen(server, ports.https ?? 0)}`;
  const listener = await broker.listenSecurely({
    host: HOST,
    port: ports.mqtt ?? 0,
    certificate: endpoint.certificate,
    key: endpoint.key,
    authority: authority.certificate,
    admit({ fingerprint256 }, clientId) {
      const thing = thingOf(clientId);
      return certificates.speaksFor(idOf(fingerprint256), thing) ? rightsOf(policy, thing) : undefined;
    },
  });
  const topics = await serveJobTopics(broker.url, jobs, clock);
  const health = await hearFleetStatus(broker.url, greengrass.devices, clock);
  let closing: Promise<void> | undefined;
  return {
    address: {
      region: registry.place.region,
      mqttUrl: listener.url,
      dataUrl: url,
      credentialsUrl: url,
      roleAlias,
      s3Url: options.s3Url,
      authority: authority.certificate,
    },
    faults,
    enrol: (thing) => enrol([thing]),
    enrolTogether: enrol,
    close() {
      closing ??= end();
      return closing;
    },
  };

  async function enrol(things: readonly string[]): Promise<Credential> {
    for (const thing of things) registry.thing(thing);
    const { certificate, credential } = await certificates.issue('ACTIVE', clock());
    for (const thing of things) certificates.attach(thing, certificates.arn(certificate.id));
    return credential;
  }

  async function end(): Promise<void> {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await Promise.all([stopped, listener.close(), topics.close(), health.close()]);
  }
}

function partsFor(options: DevicePlaneOptions, { socket }: IncomingMessage): PlaneParts {
  const { registry, certificates, roleAliases, keyring, greengrass } = options;
  const shown = socket instanceof TLSSocket ? idOf(socket.getPeerCertificate().fingerprint256) : '';
  return {
    registry,
    keyring,
    aliases: roleAliases,
    greengrass: greengrass.service,
    isThing: (thing) => certificates.speaksFor(shown, thing),
    isSomeThing: () => certificates.speaksForAny(shown),
  };
}

/** A nucleus connects under its thing's name; the Java nucleus adds `#2` and so on where it needs more connections. */
function thingOf(clientId: string): string {
  return clientId.replace(/#\d+$/, '');
}

function ensureAlias(aliases: RoleAliases, name: string, roleArn: string): void {
  try {
    aliases.get(name);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    aliases.create(name, roleArn);
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
