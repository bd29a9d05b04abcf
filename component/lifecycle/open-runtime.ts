import type { Logger } from 'pino';
import type { Settings } from '../contract/settings.ts';
import type { Link } from '../link/link.ts';
import type { LocalBus } from '../link/local-bus.ts';
import type { HealthSource } from '../monitor/describe-health.ts';
import { readDeviceFacts } from '../monitor/device/device-facts.ts';
import type { Life } from '../monitor/device/lives.ts';
import { vergeVersion } from '../version.ts';
import { readModelKeys } from './model-keys.ts';
import { type JournalParts, openJournal, openOutbox } from './open-outbox.ts';
import { Runtime, type RuntimeState } from './runtime.ts';

export interface OpenRuntimeOptions {
  readonly settings: Settings;
  /** Of the process: one process may run several runtimes, one after the other. */
  readonly life: Life;
  readonly log: Logger;
  /** The built inference worker. */
  readonly workerUrl: URL;
  readonly openLink: (source: HealthSource) => Promise<Link>;
  /** The device's own publish and subscribe, where there is a nucleus. */
  readonly localBus?: LocalBus | undefined;
  readonly onState?: (state: RuntimeState) => void;
}

/** Makes a runtime with its outbox, its keys and its name for this life. @throws VergeError OUTBOX_…, RUNTIME_…, SIGNATURE_KEY_INVALID */
export async function openRuntime(options: OpenRuntimeOptions): Promise<Runtime> {
  const { settings, life, log, workerUrl, openLink, localBus, onState } = options;
  const modelKeys = await readModelKeys(settings);
  const startedAt = new Date();
  const { store, boot } = await openOutbox(settings, startedAt, log);
  const source: HealthSource = {
    place: { fleet: settings.fleet, thing: settings.thing },
    boot,
    runtimeVersion: vergeVersion,
    startedAt,
    heartbeatSeconds: settings.heartbeatSeconds,
    device: await readDeviceFacts(life, process.env),
  };
  let journal: JournalParts | undefined;
  try {
    const link = await openLink(source);
    if (settings.commandSource && !link.redelivers) journal = await openJournal(settings, log);
    return new Runtime({
      settings,
      source,
      link,
      localBus,
      store,
      journal,
      modelKeys,
      workerUrl,
      now: () => new Date(),
      log,
      ...(onState ? { onState } : {}),
    });
  } catch (error) {
    await journal?.store.close();
    await store.close();
    throw error;
  }
}
