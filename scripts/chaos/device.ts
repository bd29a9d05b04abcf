import path from 'node:path';
import { type RuntimeProcess, startRuntimeProcess } from '../../cloud/local/device/runtime-process.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import type { Place } from '../../component/contract/topics.ts';

/** A device that is killed and started again. */
export interface Device {
  start(): Promise<RuntimeProcess>;
  /** Looks at what a life left that was killed; to be called before the next start. */
  afterKill(): Promise<void>;
  /** Texts that a life accepted and that nobody answered, once all lives are over. */
  lost(answered: ReadonlySet<string>): readonly string[];
  /** Whether each text that the broker has taken is answered, whatever dies meanwhile. */
  readonly redelivers: boolean;
  close(): Promise<void>;
}

export interface DeviceOptions {
  /** The built `component/main.js`. */
  readonly program: string;
  readonly bundle: string;
  /** Gets the outbox, the settings and the log. */
  readonly folder: string;
  readonly place: Place;
  readonly broker: string;
}

/** A device with a plain broker, which keeps a command until it is answered. */
export function plainDevice({ program, bundle, folder, place, broker }: DeviceOptions): Device {
  const settings: SettingsInput = {
    ...place,
    ...settingsOf(bundle, folder),
    brokerUrl: broker,
  };
  return {
    start: () => startRuntimeProcess({ program, folder, from: { settings } }),
    afterKill: () => Promise.resolve(),
    lost: () => [],
    redelivers: true,
    close: () => Promise.resolve(),
  };
}

/** Settings of every device here: little room and small messages, so that much is under way. */
export function settingsOf(bundle: string, folder: string): Omit<SettingsInput, 'fleet' | 'thing'> {
  return {
    models: [bundle],
    outboxFolder: path.join(folder, 'outbox'),
    engineQueueTexts: 64,
    flushWaitMs: 5,
    messageBytes: 2048,
  };
}
