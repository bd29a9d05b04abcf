import { readSettings } from './config/read-settings.ts';
import { VergeError } from './contract/error.ts';
import type { Settings } from './contract/settings.ts';
import { makeLog } from './lifecycle/make-log.ts';
import { readModelKeys } from './lifecycle/model-keys.ts';
import { openLink } from './lifecycle/open-link.ts';
import { openOutbox } from './lifecycle/open-outbox.ts';
import { Runtime } from './lifecycle/runtime.ts';
import type { HealthSource } from './monitor/describe-health.ts';
import { readDeviceFacts } from './monitor/device/device-facts.ts';
import { beginLife } from './monitor/device/lives.ts';
import { lastWill } from './monitor/heartbeat.ts';
import { vergeVersion } from './version.ts';

// The device runtime: `node main.js SETTINGS`, or the settings' path in VERGE_SETTINGS. Logs JSON lines to standard output.
let log = makeLog({ logFormat: 'plain', logLevel: 'info' });

/** Counts the lives of the runtime, in its work folder. */
const LIVES_FILE = 'lives.json';

process.exitCode = await run();
process.exit(); // whatever a library may have left running

async function run(): Promise<number> {
  try {
    const settings = await readSettings(process.argv[2] ?? process.env.VERGE_SETTINGS);
    log = makeLog(settings);
    return await serve(settings);
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return error instanceof VergeError && error.fault === 'user' ? 2 : 1;
  }
}

async function serve(settings: Settings): Promise<number> {
  const startedAt = new Date();
  const { store, boot } = await openOutbox(settings, startedAt, log);
  const life = await beginLife(LIVES_FILE);
  const source: HealthSource = {
    place: { fleet: settings.fleet, thing: settings.thing },
    boot,
    runtimeVersion: vergeVersion,
    startedAt,
    heartbeatSeconds: settings.heartbeatSeconds,
    device: await readDeviceFacts(life, process.env),
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
  const exitCode = await runtime.ended;
  await life.end(exitCode === 0 ? 'stopped' : 'failed');
  return exitCode;
}
