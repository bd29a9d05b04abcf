/**
 * The topics on which things ask for their jobs, are told of them and report (fact D1), on any MQTT broker.
 *
 * What it does not do: jobs outside a namespace, `start-next`, `get` of one job by its id, step timeouts, and
 * keeping one thing from another's topics, which is for the broker's secure listener.
 */
import { connectAsync } from 'mqtt';
import { AwsError } from '../aws/aws-error.ts';
import type { Execution, ExecutionStatus, Jobs } from './jobs.ts';

export interface JobTopics {
  close(): Promise<void>;
}

const NEXT_GET = /^\$aws\/things\/([^/]+)\/jobs\/\$next\/namespace-([^/]+)\/get$/;
const UPDATE = /^\$aws\/things\/([^/]+)\/jobs\/([^/$]+)\/namespace-([^/]+)\/update$/;
const REPORTED: ReadonlySet<string> = new Set(['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED']);

/** Serves jobs on a broker until it is closed. @param url mqtt:// of the broker */
export async function serveJobTopics(
  url: string,
  jobs: Jobs,
  clock: () => Date = () => new Date(),
): Promise<JobTopics> {
  const link = await connectAsync(url, { clientId: 'local-iot-jobs', clean: true });
  const send = (topic: string, message: object): void => {
    link.publish(topic, JSON.stringify(message), { qos: 1 });
  };
  const seconds = (): number => Math.floor(clock().getTime() / 1000);

  function tellNext(thing: string, namespace: string): void {
    const next = jobs.next(thing, namespace);
    const execution = next === undefined ? {} : { execution: describe(jobs, next) };
    send(`$aws/things/${thing}/jobs/notify-next-namespace-${namespace}`, { timestamp: seconds(), ...execution });
  }

  function answer(topic: string, message: Readonly<Record<string, unknown>>): void {
    const { clientToken } = message;
    const head = { timestamp: seconds(), ...(clientToken === undefined ? {} : { clientToken }) };
    const [, asking, namespace = ''] = topic.match(NEXT_GET) ?? [];
    if (asking !== undefined) {
      const next = jobs.next(asking, namespace);
      send(`${topic}/accepted`, { ...head, ...(next === undefined ? {} : { execution: describe(jobs, next) }) });
      return;
    }
    const [, thing, jobId] = topic.match(UPDATE) ?? [];
    if (thing === undefined || jobId === undefined) return;
    const current = jobs.executionsFor(thing).find((execution) => execution.jobId === jobId);
    const { expectedVersion } = message; // a number for some, a text for nucleus lite
    if (current && expectedVersion !== undefined && Number(expectedVersion) !== current.version) {
      const executionState = { status: current.status, versionNumber: current.version };
      const words = `The execution has version ${current.version}`;
      send(`${topic}/rejected`, { ...head, code: 'VersionMismatch', message: words, executionState });
      return;
    }
    try {
      jobs.update(jobId, thing, statusOf(message.status), detailsOf(message.statusDetails), clock());
      send(`${topic}/accepted`, head);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const code = error.status === 404 ? 'ResourceNotFound' : 'InvalidRequest';
      send(`${topic}/rejected`, { ...head, code, message: error.message });
    }
  }

  link.on('message', (topic, payload) => {
    const message = parse(payload);
    if (message) answer(topic, message);
    else
      send(`${topic}/rejected`, {
        code: 'InvalidJson',
        message: 'The payload is no JSON object',
        timestamp: seconds(),
      });
  });
  jobs.onChange(tellNext);
  await link.subscribeAsync(['$aws/things/+/jobs/$next/+/get', '$aws/things/+/jobs/+/+/update'], { qos: 1 });
  return { close: () => link.endAsync() };
}

function describe(jobs: Jobs, execution: Execution): object {
  const { jobId, thing, status, version, number, queuedAt, updatedAt, startedAt } = execution;
  const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000);
  return {
    jobId,
    thingName: thing,
    status,
    versionNumber: version,
    executionNumber: number,
    queuedAt: seconds(queuedAt),
    lastUpdatedAt: seconds(updatedAt),
    ...(startedAt === undefined ? {} : { startedAt: seconds(startedAt) }),
    jobDocument: jobs.job(jobId).document,
  };
}

function parse(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function statusOf(status: unknown): ExecutionStatus {
  // The set holds nothing else.
  if (typeof status === 'string' && REPORTED.has(status)) return status as ExecutionStatus;
  throw new AwsError('InvalidRequestException', 400, `${JSON.stringify(status)} is no status that a thing reports`);
}

function detailsOf(details: unknown): Record<string, string> {
  if (typeof details !== 'object' || details === null) return {};
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, String(value)]));
}
