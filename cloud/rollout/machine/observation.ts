import type { Gate } from '../plan/gate.ts';
import type { DeviceRecord } from '../ports.ts';

/** What a device last said of itself. */
export interface Heard {
  /** When it came, by this machine's clock. */
  readonly atMs: number;
  readonly state: 'starting' | 'ready' | 'draining' | 'stopped' | 'failed' | 'lost';
  readonly heartbeatSeconds: number;
  /** Version by component: models that serve, challengers, and the runtime. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A model that the device did not take. */
export interface Refusal {
  readonly atMs: number;
  readonly component: string;
  readonly version: string | undefined;
  readonly message: string;
}

/** All that is known of one device. */
export interface DeviceFacts {
  readonly record?: DeviceRecord | undefined;
  readonly heard?: Heard | undefined;
  readonly refusals?: readonly Refusal[];
}

/** What a gate wants to know. */
export interface Question {
  readonly gate: Gate;
  readonly things: readonly string[];
  /** Version of each component of the wave. */
  readonly components: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
  /** `before`: the same of whatever these devices ran in place of these versions. */
  readonly of: 'wave' | 'before';
}

/** The value is absent where nothing was heard that it could come from. */
export interface Measurement {
  readonly value?: number;
  readonly sample: number;
}

/** The world, as it was seen at one moment. */
export interface Observation {
  readonly devices: Readonly<Record<string, DeviceFacts>>;
  /** Since when devices could be heard without a break; undefined while the way to the broker is lost: then nobody is judged. */
  readonly listeningSinceMs: number | undefined;
  /** Of what was heard; metrics of the devices' states are counted from the table instead. */
  measure(question: Question): Measurement;
}
