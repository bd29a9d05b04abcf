import type { DeviceRow, WaveState } from '../state.ts';
import type { DeviceFacts, Heard } from './observation.ts';

export interface DeviceContext {
  readonly thing: string;
  readonly components: Readonly<Record<string, string>>;
  /** The wave's deployment on the way to this device; undefined before it is made. */
  readonly deployment: { readonly id: string; readonly at: string } | undefined;
  readonly silentAfterSeconds: number;
  /** Silence before this was ours. */
  readonly listeningSinceMs: number;
  readonly nowMs: number;
}

/** A device may miss two heartbeats. */
const MISSED_HEARTBEATS = 3;
/** A component's states at the service that no device leaves by itself. */
const BROKEN = new Set(['BROKEN', 'ERRORED']);
const REFUSED = new Set(['FAILED', 'REJECTED', 'TIMED_OUT']);

/** What a device makes of a wave: the truth is what it says itself, and where it is silent, what the cloud knows (fact G4). */
export function classifyDevice(context: DeviceContext, facts: DeviceFacts): Pick<DeviceRow, 'state' | 'reason'> {
  const { components, deployment } = context;
  const { record, heard } = facts;
  if (deployment === undefined) return { state: 'pending', reason: 'nothing is deployed yet' };
  const failure = failureOf(context, facts);
  if (failure !== undefined) return { state: 'failed', reason: failure };
  const execution = record?.executions[deployment.id]?.status;
  const away = awayOf(context, heard);
  if (away) return away;
  const deployed = execution === 'SUCCEEDED' || execution === 'COMPLETED';
  const differing = Object.entries(components).find(([name, version]) => heard?.versions[name] !== version);
  if (deployed && differing === undefined && heard?.state === 'ready') return { state: 'healthy' };
  if (deployed)
    return {
      state: 'installing',
      reason: `the device has not confirmed ${differing?.join(' ') ?? 'that it is ready'}`,
    };
  if (execution === 'IN_PROGRESS') return { state: 'installing', reason: 'the device is at it' };
  return {
    state: 'pending',
    reason: execution === 'CANCELED' ? 'the deployment was cancelled' : 'the deployment is queued',
  };
}

/** Whether a device is back where it was before a wave. `before` has the version of each component, undefined for none. */
export function classifyRestored(
  context: DeviceContext,
  before: Readonly<Record<string, string | undefined>>,
  { record, heard }: DeviceFacts,
): Pick<DeviceRow, 'state' | 'reason'> {
  const { deployment } = context;
  if (deployment === undefined) return { state: 'restored', reason: 'nothing of the wave was left to take back' };
  const away = awayOf(context, heard);
  if (away) return away;
  const execution = record?.executions[deployment.id];
  if (execution && REFUSED.has(execution.status)) {
    return { state: 'failed', reason: execution.reason ?? `the way back ended as ${execution.status}` };
  }
  // A model that was new leaves the device some minutes after its component, so its absence is the nucleus' to confirm.
  const differing = Object.entries(before).find(
    ([name, version]) => version !== undefined && heard?.versions[name] !== version,
  );
  const done = execution?.status === 'SUCCEEDED' || execution?.status === 'COMPLETED';
  if (!done) return { state: 'installing', reason: 'the way back is queued or under way' };
  const confirmed = heard !== undefined && heard.atMs >= Date.parse(deployment.at) && heard.state === 'ready';
  if (differing !== undefined || !confirmed) {
    return {
      state: 'installing',
      reason: `the device has not confirmed ${differing?.[1] === undefined ? 'the way back' : differing.join(' ')}`,
    };
  }
  return { state: 'restored' };
}

function failureOf(
  { components, deployment }: DeviceContext,
  { record, refusals = [] }: DeviceFacts,
): string | undefined {
  if (deployment === undefined) return undefined;
  const since = Date.parse(deployment.at);
  const refusal = refusals.find(
    ({ atMs, component, version }) => atMs >= since && component in components && version === components[component],
  );
  if (refusal) return refusal.message;
  const execution = record?.executions[deployment.id];
  if (execution && REFUSED.has(execution.status))
    return execution.reason ?? `the deployment ended as ${execution.status}`;
  for (const [name, version] of Object.entries(components)) {
    const installed = record?.installed[name];
    if (installed?.version === version && BROKEN.has(installed.state) && execution?.status !== 'IN_PROGRESS') {
      return installed.reason ?? `${name} ${version} is ${installed.state}`;
    }
  }
  return undefined;
}

function awayOf(
  { deployment, silentAfterSeconds, listeningSinceMs, nowMs }: DeviceContext,
  heard: Heard | undefined,
): Pick<DeviceRow, 'state' | 'reason'> | undefined {
  if (heard?.state === 'lost') return { state: 'offline', reason: 'the broker lost it' };
  if (heard?.state === 'stopped') return { state: 'offline', reason: 'its runtime was stopped' };
  const limitMs =
    (heard ? Math.max(silentAfterSeconds, MISSED_HEARTBEATS * heard.heartbeatSeconds) : silentAfterSeconds) * 1000;
  const lastMs = heard?.atMs ?? (deployment ? Date.parse(deployment.at) : nowMs);
  const heardMs = Math.max(lastMs, listeningSinceMs);
  if (nowMs - heardMs <= limitMs) return undefined;
  return { state: 'silent', reason: heard ? `not heard for ${Math.round((nowMs - heardMs) / 1000)} s` : 'never heard' };
}

/** The table of a wave brought up to the moment. What didn't change keeps its time. */
export function classifyDevices(
  wave: WaveState,
  devices: Readonly<Record<string, DeviceFacts>>,
  {
    nowMs,
    silentAfterSeconds,
    listeningSinceMs,
  }: Pick<DeviceContext, 'nowMs' | 'silentAfterSeconds' | 'listeningSinceMs'>,
): DeviceRow[] {
  const at = new Date(nowMs).toISOString();
  const goesBack = wave.status === 'reverting' || wave.status === 'clearing';
  const rows = wave.targets.flatMap((target) => target.things.map((thing) => ({ thing, target })));
  const known = new Map(wave.devices.map((row) => [row.thing, row]));
  return rows.map(({ thing, target }): DeviceRow => {
    const facts = devices[thing] ?? {};
    const { deployment, revert } = target;
    const before = Object.fromEntries(
      Object.keys(wave.components).map((name) => [name, deployment?.before[name]?.componentVersion]),
    );
    const context = { thing, components: wave.components, silentAfterSeconds, listeningSinceMs, nowMs };
    const found =
      goesBack && revert
        ? classifyRestored(
            { ...context, deployment: revert.id === null ? undefined : { id: revert.id, at: revert.at } },
            before,
            facts,
          )
        : classifyDevice({ ...context, deployment }, facts);
    const row = known.get(thing);
    const since = row?.state === found.state ? row.since : at;
    const { heard } = facts;
    const versions =
      heard && Object.fromEntries(Object.entries(heard.versions).filter(([name]) => name in wave.components));
    const lastHeardAt = heard ? new Date(heard.atMs).toISOString() : row?.lastHeardAt;
    return {
      thing,
      state: found.state,
      ...(found.reason === undefined ? {} : { reason: found.reason.slice(0, 2000) }),
      since,
      ...(lastHeardAt === undefined ? {} : { lastHeardAt }),
      ...(versions ? { versions } : row?.versions ? { versions: row.versions } : {}),
    };
  });
}
