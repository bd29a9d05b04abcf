import type { Evidence } from '../evidence/evidence.ts';
import { inTurn } from '../in-turn.ts';
import type { DeviceFacts, Observation } from '../machine/observation.ts';
import type { DeviceRecord, FleetPort } from '../ports.ts';
import type { RolloutState, WaveState } from '../state.ts';

/** What a device is asked of the cloud no more, once its execution has ended so; its heartbeats tell the rest. */
const FINAL = new Set(['SUCCEEDED', 'COMPLETED', 'FAILED', 'REJECTED', 'TIMED_OUT']);
const UNDER_WAY = new Set<WaveState['status']>(['deploying', 'baking', 'clearing', 'reverting']);

/** Looks at the devices of the waves that are under way. Of those whose deployment has ended the cloud is not asked again. */
export class Observer {
  readonly #fleet: FleetPort;
  readonly #evidence: Evidence;
  /** By thing and the deployment that it is on. */
  readonly #ended = new Map<string, DeviceRecord>();

  constructor(fleet: FleetPort, evidence: Evidence) {
    this.#fleet = fleet;
    this.#evidence = evidence;
  }

  /** @throws VergeError AWS_… */
  async look({ waves }: RolloutState): Promise<Observation> {
    const wanted = new Map<string, string | undefined>();
    for (const wave of waves) {
      if (!UNDER_WAY.has(wave.status)) continue;
      for (const { things, deployment, revert } of wave.targets) {
        for (const thing of things) wanted.set(thing, revert ? (revert.id ?? undefined) : deployment?.id);
      }
    }
    const facts = await inTurn([...wanted], async ([thing, deployment]): Promise<[string, DeviceFacts]> => {
      const record = deployment === undefined ? undefined : await this.#record(thing, deployment);
      return [thing, { record, heard: this.#evidence.heard(thing), refusals: this.#evidence.refusals(thing) }];
    });
    return {
      devices: Object.fromEntries(facts),
      listeningSinceMs: this.#evidence.listeningSinceMs,
      measure: (question) => this.#evidence.measure(question),
    };
  }

  async #record(thing: string, deployment: string): Promise<DeviceRecord> {
    const key = `${thing} ${deployment}`;
    const known = this.#ended.get(key);
    if (known) return known;
    const record = await this.#fleet.device(thing);
    if (FINAL.has(record.executions[deployment]?.status ?? '')) this.#ended.set(key, record);
    return record;
  }
}
