import { beginRollout } from '../../cloud/rollout/machine/begin.ts';
import type { Measurement, Observation, Question } from '../../cloud/rollout/machine/observation.ts';
import { outlinePlan } from '../../cloud/rollout/plan/outline.ts';
import { type PlanInput, planSchema } from '../../cloud/rollout/plan/plan-schema.ts';
import type { ComponentSpec, DeviceRecord, FleetPort, FoundDeployment, StatePort } from '../../cloud/rollout/ports.ts';
import { runRollout } from '../../cloud/rollout/run/run-rollout.ts';
import { createState } from '../../cloud/rollout/run/state-store.ts';
import type { RolloutState } from '../../cloud/rollout/state.ts';

/** How a device of the model takes what is deployed to it. */
export type Temper =
  /** Does as it is told, after so many looks at the clock. */
  | { readonly kind: 'obeys'; readonly delay: number }
  /** Refuses these versions; the Java nucleus brings back what was there, lite leaves it broken (fact L3). */
  | { readonly kind: 'refuses'; readonly version: string; readonly nucleus: 'java' | 'lite' }
  /** Does as it is told, and says nothing. */
  | { readonly kind: 'silent' }
  /** Cut off between two moments, in seconds after the start; does what waits when it is back. */
  | { readonly kind: 'cut-off'; readonly fromSeconds: number; readonly toSeconds: number };

export const killed = new Error('killed');
const START_MS = Date.parse('2026-05-04T09:00:00.000Z');

interface ModelledDevice {
  readonly temper: Temper;
  readonly targets: readonly string[];
  /** Components and their versions, as they run. */
  running: Record<string, string>;
  readonly executions: Record<string, { status: 'QUEUED' | 'SUCCEEDED' | 'FAILED'; reason?: string; waited: number }>;
  broken: Record<string, string>;
  heardMs: number;
  /** Every version that it ever ran, by component. */
  readonly ran: Set<string>;
}

interface ModelledDeployment extends FoundDeployment {
  readonly targetArn: string;
  readonly token: string;
}

/**
 * An account with a fleet, modelled: deployments with revisions that replace each other, devices that take the union of
 * their targets, states written under conditions, and a clock that only waiting moves. `killAt` counts calls of every port:
 * the process dies at that one, before or after it was done.
 */
export class RolloutWorld {
  nowMs = START_MS;
  /** Whether the operator's own way to the broker is lost, and when it came back. */
  deaf: () => boolean = () => false;
  heardAgainMs = START_MS;
  calls = 0;
  killAt: { readonly call: number; readonly when: 'before' | 'after' } | undefined;
  readonly devices = new Map<string, ModelledDevice>();
  readonly deployments: ModelledDeployment[] = [];
  readonly states = new Map<string, { text: string; tag: string }>();
  readonly reports = new Map<string, string>();
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** What a version comes to in any metric that isn't counted from the table. */
  measure: (question: Question) => Measurement = () => ({ value: 0, sample: 1000 });

  constructor(groups: Readonly<Record<string, readonly string[]>>, tempers: Readonly<Record<string, Temper>> = {}) {
    this.groups = groups;
    for (const thing of new Set(Object.values(groups).flat())) {
      const own = Object.entries(groups).flatMap(([group, things]) =>
        things.includes(thing) ? [groupArn(group)] : [],
      );
      this.devices.set(thing, {
        temper: tempers[thing] ?? { kind: 'obeys', delay: 1 },
        targets: [thingArn(thing), ...own],
        running: {},
        executions: {},
        broken: {},
        heardMs: this.nowMs,
        ran: new Set(),
      });
    }
  }

  /** Deploys as somebody else would, and lets every device take it at once. */
  given(targetArn: string, components: Readonly<Record<string, string>>): string {
    const specs = Object.entries(components).map(([name, componentVersion]) => [name, { componentVersion }]);
    const id = this.#deploy({
      targetArn,
      name: 'somebody else',
      components: Object.fromEntries(specs),
      policies: {},
      job: {},
      tags: {},
      token: `given-${this.deployments.length}`,
    });
    for (const device of this.devices.values()) {
      if (!device.targets.includes(targetArn)) continue;
      device.executions[id] = { status: 'SUCCEEDED', waited: 0 };
      device.running = this.#union(device);
    }
    return id;
  }

  latestOf(targetArn: string): ModelledDeployment | undefined {
    return this.deployments.findLast((one) => one.targetArn === targetArn);
  }

  readonly fleet: FleetPort = {
    thingArn,
    groupArn,
    thingsIn: (group) => this.#call(() => this.groups[group]),
    groupsOf: (thing) =>
      this.#call(() =>
        this.devices
          .get(thing)
          ?.targets.flatMap((arn) => (arn.includes(':thinggroup/') ? [arn.split('/')[1] ?? ''] : [])),
      ),
    component: (name) =>
      this.#call(() => ({
        state: 'deployable',
        dependencies: name === 'verge.Runtime' ? {} : { 'verge.Runtime': '>=1.0.0 <2.0.0' },
      })),
    latest: (targetArn) => this.#call(() => this.latestOf(targetArn)),
    deployment: (id) => this.#call(() => this.deployments.find((one) => one.id === id)),
    deploy: (order) => this.#call(() => this.#deploy(order)),
    device: (thing) => this.#call(() => this.#record(thing)),
    recipe: () => this.#call(() => ({})),
    register: () => this.#call(() => undefined),
  };

  readonly store: StatePort = {
    read: (id) =>
      this.#call(() => {
        const found = this.states.get(id);
        return found && { state: JSON.parse(found.text), tag: found.tag };
      }),
    write: (id, state, tag) =>
      this.#call(() => {
        if (this.states.get(id)?.tag !== tag) return undefined;
        const next = String(Number(tag ?? '0') + 1);
        this.states.set(id, { text: JSON.stringify(state), tag: next });
        return next;
      }),
    list: () => this.#call(() => [...this.states.keys()]),
    writeReport: (id, file, text) => this.#call(() => void this.reports.set(`${id}/${file}`, text)),
  };

  /** What a process sees that listens since the start of the world, or since then. */
  async look(state: RolloutState, sinceMs = START_MS): Promise<Observation> {
    const things = state.waves.flatMap(({ targets }) => targets.flatMap((target) => target.things));
    const devices = Object.fromEntries(
      things.map((thing) => {
        const device = this.devices.get(thing);
        const heard =
          device && device.temper.kind !== 'silent'
            ? { atMs: device.heardMs, state: 'ready' as const, heartbeatSeconds: 10, versions: device.running }
            : undefined;
        return [thing, { record: this.#record(thing), heard }];
      }),
    );
    const listeningSinceMs = this.deaf() ? undefined : Math.max(sinceMs, this.heardAgainMs);
    return { devices, listeningSinceMs, measure: (question) => this.measure(question) };
  }

  /** Moves the clock, and lets every device do what it would. */
  tick(ms: number): void {
    this.nowMs += ms;
    const seconds = (this.nowMs - START_MS) / 1000;
    for (const device of this.devices.values()) {
      const { temper } = device;
      if (temper.kind === 'cut-off' && seconds >= temper.fromSeconds && seconds < temper.toSeconds) continue;
      device.heardMs = this.nowMs;
      for (const targetArn of device.targets) this.#take(device, targetArn);
    }
  }

  async begin(input: PlanInput, by = 'arn:aws:iam::123456789012:user/ada'): Promise<RolloutState> {
    const plan = planSchema.parse(input);
    const state = beginRollout(plan, await outlinePlan(plan, this.fleet), by, new Date(this.nowMs));
    await createState(this.store, state);
    return state;
  }

  /** Runs a rollout as one process would. */
  run(id: string, by = 'arn:aws:iam::123456789012:user/ada'): Promise<RolloutState> {
    const since = this.nowMs;
    return runRollout(id, {
      fleet: this.fleet,
      store: this.store,
      observer: { look: (state) => this.look(state, since) },
      by,
      clock: () => new Date(this.nowMs),
      wait: async (ms) => this.tick(ms),
      pollMs: 10_000,
    });
  }

  /** Runs it again and again until nobody kills it, or it waits for a person. */
  async runToTheEnd(id: string): Promise<RolloutState> {
    for (;;) {
      try {
        return await this.run(id);
      } catch (error) {
        if (error !== killed) throw error;
        this.killAt = undefined;
      }
    }
  }

  async #call<Answer>(work: () => Answer): Promise<Answer> {
    const call = this.calls;
    this.calls += 1;
    if (this.killAt?.call === call && this.killAt.when === 'before') throw killed;
    const answer = work();
    if (this.killAt?.call === call) throw killed;
    return structuredClone(answer);
  }

  #deploy(order: Parameters<FleetPort['deploy']>[0]): string {
    const same = this.deployments.find(({ token }) => token === order.token);
    if (same) return same.id;
    const id = `d-${this.deployments.length + 1}`;
    this.deployments.push({ ...structuredClone(order), id });
    return id;
  }

  #record(thing: string): DeviceRecord {
    const device = this.devices.get(thing);
    const running = Object.entries(device?.running ?? {}).map(([name, version]) => [
      name,
      { version, state: 'RUNNING' },
    ]);
    const broken = Object.entries(device?.broken ?? {}).map(([name, version]) => [name, { version, state: 'BROKEN' }]);
    const executions = Object.entries(device?.executions ?? {}).map(([id, { status, reason }]) => [
      id,
      { status, reason },
    ]);
    return { executions: Object.fromEntries(executions), installed: Object.fromEntries([...running, ...broken]) };
  }

  #take(device: ModelledDevice, targetArn: string): void {
    const latest = this.latestOf(targetArn);
    if (latest === undefined) return;
    const execution = device.executions[latest.id] ?? { status: 'QUEUED', waited: 0 };
    device.executions[latest.id] = execution;
    if (execution.status !== 'QUEUED') return;
    execution.waited += 1;
    const { temper } = device;
    if (temper.kind === 'obeys' && execution.waited < temper.delay) return;
    const wanted = this.#union(device);
    const refused =
      temper.kind === 'refuses' ? Object.entries(wanted).find(([, version]) => version === temper.version) : undefined;
    if (refused && temper.kind === 'refuses') {
      execution.status = 'FAILED';
      execution.reason = 'its golden samples came out otherwise';
      if (temper.nucleus === 'lite') device.broken = { [refused[0]]: refused[1] };
      return;
    }
    device.broken = {};
    device.running = wanted;
    for (const [name, version] of Object.entries(wanted)) device.ran.add(`${name} ${version}`);
    execution.status = 'SUCCEEDED';
  }

  /** @throws where two targets want two versions: no rollout may ever come to that */
  #union(device: ModelledDevice): Record<string, string> {
    const union: Record<string, string> = {};
    for (const arn of device.targets) {
      const specs: Readonly<Record<string, ComponentSpec>> = this.latestOf(arn)?.components ?? {};
      for (const [name, { componentVersion = '' }] of Object.entries(specs)) {
        if ((union[name] ?? componentVersion) !== componentVersion) throw new Error(`${name} in two versions`);
        union[name] = componentVersion;
      }
    }
    return union;
  }
}

function thingArn(name: string): string {
  return `arn:aws:iot:eu-west-1:123456789012:thing/${name}`;
}

export function groupArn(name: string): string {
  return `arn:aws:iot:eu-west-1:123456789012:thinggroup/${name}`;
}
