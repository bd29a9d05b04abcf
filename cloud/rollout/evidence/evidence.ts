import { modelComponent } from '../../../recipes/model-recipe.ts';
import { RUNTIME_COMPONENT } from '../../../recipes/runtime-recipe.ts';
import type { ConsumerItem } from '../../consumer/item.ts';
import { challengerComponent, roleOf } from '../component-names.ts';
import type { Heard, Measurement, Question, Refusal } from '../machine/observation.ts';
import type { Gate } from '../plan/gate.ts';
import type { Plan } from '../plan/plan-schema.ts';
import { combine, differences } from './combine.ts';
import { type Counters, countersOf, healthSample, type Sample, statsSample } from './samples.ts';

/** Of one device and one metric; heartbeats come every minute, and the longest window is a day. */
const MAX_SAMPLES = 1500;
const MAX_REFUSALS = 16;

type HealthItem = Extract<ConsumerItem, { kind: 'health' }>;
type EventItem = Extract<ConsumerItem, { kind: 'event' }>;
type Versions = Readonly<Record<string, string>>;
/** With the versions that it is of. */
type Versioned<T> = T & { readonly versions: Versions };

interface OfDevice {
  heard?: Heard & { readonly boot: string; readonly seq: number };
  /** By metric and the id of the message, so that a copy counts once. */
  readonly samples: Map<string, Map<string, Versioned<Sample>>>;
  readonly counters: Map<string, Versioned<Counters>>;
  readonly refusals: Map<string, Refusal>;
}

/**
 * What devices said since a process began to listen, reduced to what the gates of one plan ask for; the same whatever comes
 * twice or out of order. It is not kept beyond the process: whoever continues a rollout listens anew, and windows begin anew
 * with that.
 */
export class Evidence {
  readonly #metrics: readonly Gate['metric'][];
  /** Names; none: of all models. */
  readonly #models: ReadonlySet<string>;
  readonly #things: ReadonlySet<string>;
  readonly #devices = new Map<string, OfDevice>();
  #listeningSinceMs: number | undefined;

  constructor(
    { waves, models }: Pick<Plan, 'waves' | 'models'>,
    things: ReadonlySet<string>,
    listeningSinceMs: number,
  ) {
    this.#metrics = [...new Set(waves.flatMap(({ gates }) => gates.map(({ metric }) => metric)))];
    this.#models = new Set(Object.keys(models));
    this.#things = things;
    this.#listeningSinceMs = listeningSinceMs;
  }

  /** @param atMs when it came, by this machine's clock: devices' own clocks are nobody's to trust */
  add(item: ConsumerItem, atMs: number): void {
    // What is said while the way to the broker is lost may never come: windows begin anew with the way back.
    if (item.kind === 'link') this.#listeningSinceMs = item.state === 'connected' ? atMs : undefined;
    if (item.kind !== 'health' && item.kind !== 'stats' && item.kind !== 'event') return;
    if (!this.#things.has(item.thing)) return;
    const device = this.#device(item.thing);
    if (item.kind === 'event') addRefusal(device, item, atMs);
    if (item.kind === 'health') this.#addHealth(device, item, atMs);
    if (item.kind !== 'stats' || !this.#isOwn(item.data.model.name)) return;
    const { model, challenger } = item.data;
    const compared = challenger ? { [challengerComponent(challenger.model.name)]: challenger.model.version } : {};
    const versions = { [modelComponent(model.name)]: model.version, ...compared };
    for (const metric of this.#metrics) keep(device, metric, item.id, statsSample(metric, item.data, atMs), versions);
  }

  /** Undefined while the way to the broker is lost. */
  get listeningSinceMs(): number | undefined {
    return this.#listeningSinceMs;
  }

  heard(thing: string): Heard | undefined {
    return this.#devices.get(thing)?.heard;
  }

  refusals(thing: string): readonly Refusal[] {
    return [...(this.#devices.get(thing)?.refusals.values() ?? [])];
  }

  measure({ gate, things, components, fromMs, toMs, of }: Question): Measurement {
    const wanted = ({ atMs, versions }: Versioned<{ readonly atMs: number }>): boolean =>
      atMs >= fromMs && atMs <= toMs && speaksOf(versions, components, gate.metric) === of;
    const perDevice = things.map((thing): readonly Sample[] => {
      const device = this.#devices.get(thing);
      if (gate.metric === 'error-rate' || gate.metric === 'restarts') {
        return differences(gate.metric, [...(device?.counters.values() ?? [])].filter(wanted));
      }
      return [...(device?.samples.get(gate.metric)?.values() ?? [])].filter(wanted);
    });
    return combine(gate, perDevice);
  }

  #addHealth(device: OfDevice, { id, data, boot, seq }: HealthItem, atMs: number): void {
    const { heard } = device;
    const isWill = seq === 0;
    const isOlder = heard !== undefined && (boot < heard.boot || (boot === heard.boot && seq <= heard.seq && !isWill));
    // The last will was written before there were models: what the device last had stays known.
    const versions = isWill ? (heard?.versions ?? {}) : versionsOf(data);
    const { state, heartbeatSeconds } = data;
    if (!isOlder)
      device.heard = { atMs, state, heartbeatSeconds, versions, boot, seq: isWill ? (heard?.seq ?? 0) : seq };
    if (isWill) return;
    const counters = countersOf(data, atMs);
    if (counters) put(device.counters, id, { ...counters, versions });
    const models = data.models.map(({ name }) => name).filter((name) => this.#isOwn(name));
    for (const metric of this.#metrics) keep(device, metric, id, healthSample(metric, data, models, atMs), versions);
  }

  #isOwn(model: string): boolean {
    return this.#models.size === 0 || this.#models.has(model);
  }

  #device(thing: string): OfDevice {
    const known = this.#devices.get(thing) ?? { samples: new Map(), counters: new Map(), refusals: new Map() };
    this.#devices.set(thing, known);
    return known;
  }
}

/** Whether a sample is of the wave's versions or of what was before them. Agreement is the challenger's, all else what serves. */
function speaksOf(versions: Versions, components: Versions, metric: Gate['metric']): 'wave' | 'before' | undefined {
  const isChallenger = metric === 'agreement';
  const own = Object.entries(components).filter(
    ([name]) => (roleOf(name)?.kind === 'challenger') === isChallenger && name in versions,
  );
  // A wave of challengers changes nothing of what serves.
  if (own.length === 0) return isChallenger ? undefined : 'wave';
  return own.every(([name, version]) => versions[name] === version) ? 'wave' : 'before';
}

function versionsOf({ models, challengers = [], runtimeVersion }: HealthItem['data']): Versions {
  return Object.fromEntries([
    [RUNTIME_COMPONENT, runtimeVersion],
    ...models.map(({ name, version }) => [modelComponent(name), version]),
    ...challengers.map(({ name, version }) => [challengerComponent(name), version]),
  ]);
}

function addRefusal({ refusals }: OfDevice, { id, data }: EventItem, atMs: number): void {
  if (data.name !== 'model-refused' || data.model?.name === undefined) return;
  const { name, version } = data.model;
  // The event does not say in which role it was offered.
  for (const component of [modelComponent(name), challengerComponent(name)]) {
    put(refusals, `${id} ${component}`, { atMs, component, version, message: data.message }, MAX_REFUSALS);
  }
}

function keep({ samples }: OfDevice, metric: string, id: string, sample: Sample | undefined, versions: Versions): void {
  if (sample === undefined) return;
  const own = samples.get(metric) ?? new Map<string, Versioned<Sample>>();
  samples.set(metric, own);
  put(own, id, { ...sample, versions });
}

/** The first that came of several copies stays, and the oldest goes where there are too many. */
function put<Item>(map: Map<string, Item>, id: string, item: Item, most = MAX_SAMPLES): void {
  if (map.has(id)) return;
  map.set(id, item);
  if (map.size > most) map.delete(map.keys().next().value ?? '');
}
