import { connectAsync, type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { makeEnvelope } from '../../component/contract/envelope.ts';
import type { HealthData } from '../../component/contract/health.ts';
import { telemetryTopic } from '../../component/contract/topics.ts';

const NAMESPACE = 'namespace-aws-gg-deployment';
const HEARTBEAT_MS = 60;

export interface ProtocolDeviceOptions {
  readonly broker: string;
  readonly thing: string;
  readonly fleet: string;
  /** Versions of models that it does not take. */
  readonly refuses?: readonly string[];
  /** Share of failed texts by version of the model. */
  readonly errorRate?: (version: string | undefined) => number;
  /** What runs from the start. */
  readonly running: Readonly<Record<string, string>>;
}

export interface ProtocolDevice {
  readonly running: () => Readonly<Record<string, string>>;
  /** Every version of the model that ever ran. */
  readonly ran: ReadonlySet<string>;
}

interface Execution {
  readonly jobId: string;
  readonly jobDocument: { readonly configurationArn: string; readonly components: Record<string, { version: string }> };
}

/** A device by its protocols alone: jobs (fact D1), fleet status (D5), health. It ends with the test. */
export async function startProtocolDevice(options: ProtocolDeviceOptions): Promise<ProtocolDevice> {
  const { broker, thing, fleet, refuses = [], errorRate = () => 0 } = options;
  const link: MqttClient = await connectAsync(broker, { clientId: `device-${thing}` });
  const jobs = `$aws/things/${thing}/jobs`;
  const boot = Date.now().toString(36);
  const done = new Set<string>();
  const ran = new Set<string>();
  const deployed = new Map<string, Record<string, { version: string }>>();
  let running: Record<string, string> = { ...options.running };
  let seq = 0;
  let answered = 0;
  let failed = 0;

  const model = (): [string, string] | undefined =>
    Object.entries(running).find(([name]) => name.startsWith('verge.model.'));
  const send = (topic: string, message: object): void => void link.publish(topic, JSON.stringify(message), { qos: 1 });

  function beat(): void {
    seq += 1;
    const share = errorRate(model()?.[1]);
    answered += 100 * (1 - share);
    failed += 100 * share;
    const [name = '', version = ''] = model() ?? [];
    const data: HealthData = {
      schemaVersion: 1,
      boot,
      seq,
      state: 'ready',
      runtimeVersion: running['verge.Runtime'] ?? '1.0.0',
      startedAt: '2026-05-04T09:00:00.000Z',
      heartbeatSeconds: 60,
      models: version === '' ? [] : [{ name: name.slice('verge.model.'.length), version, digest: '9f'.repeat(32) }],
      counts: {
        answered: Math.round(answered),
        failed: Math.round(failed),
        refused: 0,
        cacheHits: 0,
        truncated: 0,
        published: seq,
        dropped: 0,
        reconnects: 0,
      },
      latencyMs: { count: 100, p50: 1, p90: 2, p99: 3 },
    };
    send(telemetryTopic({ fleet, thing }, 'health'), makeEnvelope({ fleet, thing }, 'health', data, new Date()));
  }

  function report(): void {
    const components = Object.entries(running).map(([componentName, version]) => ({
      componentName,
      version,
      status: 'RUNNING',
      isRoot: true,
    }));
    send(`$aws/things/${thing}/greengrassv2/health/json`, { thing, components });
  }

  function take({ jobId, jobDocument }: Execution): void {
    if (done.has(jobId)) return;
    done.add(jobId);
    send(`${jobs}/${jobId}/${NAMESPACE}/update`, { status: 'IN_PROGRESS' });
    const refused = Object.values(jobDocument.components).find(({ version }) => refuses.includes(version));
    if (refused) {
      const reason = `the model ${refused.version} does not answer its golden samples`;
      send(`${jobs}/${jobId}/${NAMESPACE}/update`, {
        status: 'FAILED',
        statusDetails: { 'deployment-failure-cause': reason },
      });
      return;
    }
    deployed.set(jobDocument.configurationArn.replace(/:\d+$/, ''), jobDocument.components);
    running = {};
    for (const components of deployed.values()) {
      for (const [name, { version }] of Object.entries(components)) running[name] = version;
    }
    ran.add(model()?.[1] ?? 'none');
    report();
    beat();
    send(`${jobs}/${jobId}/${NAMESPACE}/update`, { status: 'SUCCEEDED' });
  }

  link.on('message', (_topic, payload) => {
    const { execution } = JSON.parse(payload.toString('utf8')) as { execution?: Execution };
    if (execution?.jobId) take(execution);
  });
  await link.subscribeAsync([`${jobs}/notify-next-${NAMESPACE}`, `${jobs}/$next/${NAMESPACE}/get/accepted`], {
    qos: 1,
  });
  send(`${jobs}/$next/${NAMESPACE}/get`, {});
  report();
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    await link.endAsync(true);
  });
  return { running: () => running, ran };
}
