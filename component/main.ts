import { pino } from 'pino';
import { readSettings } from './config/read-settings.ts';
import { VergeError } from './contract/error.ts';
import type { Settings } from './contract/settings.ts';
import { readModelKeys } from './lifecycle/model-keys.ts';
import { openLink } from './lifecycle/open-link.ts';
import { openOutbox } from './lifecycle/open-outbox.ts';
import { Runtime } from './lifecycle/runtime.ts';
import { type HealthSource, lastWill } from './monitor/heartbeat.ts';
import { vergeVersion } from './version.ts';

// The device runtime: `node main.js SETTINGS`, or the settings' path in VERGE_SETTINGS. Logs JSON lines to standard output.
const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });

process.exitCode = await run();
process.exit(); // whatever a library may have left running

async function run(): Promise<number> {
  try {
    const settings = await readSettings(process.argv[2] ?? process.env.VERGE_SETTINGS);
    log.level = settings.logLevel;
    return await serve(settings);
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return error instanceof VergeError && error.fault === 'user' ? 2 : 1;
  }
}

async function serve(settings: Settings): Promise<number> {
  const startedAt = new Date();
  const { store, boot } = await openOutbox(settings, startedAt, log);
  const source: HealthSource = {
    place: { fleet: settings.fleet, thing: settings.thing },
    boot,
    runtimeVersion: vergeVersion,
    startedAt,
    heartbeatSeconds: settings.heartbeatSeconds,
  };
  const runtime = new Runtime({
    settings,
    source,
    link: await openLink(settings, lastWill(source)),
    modelKeys: await readModelKeys(settings),
    store,
    workerUrl: new URL('./inference-worker.js', import.meta.url),
    now: () => new Date(),
    log,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void runtime.stop(signal));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => void runtime.fail(error));
  }
  await runtime.start();
  return runtime.ended;
}
