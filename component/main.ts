import { readSettings } from './config/read-settings.ts';
import { VergeError } from './contract/error.ts';
import type { Settings } from './contract/settings.ts';
import { makeLog } from './lifecycle/make-log.ts';
import { openRuntime } from './lifecycle/open-runtime.ts';
import { type GreengrassEnvironment, readGreengrassEnvironment } from './link/greengrass/nucleus.ts';
import { beginLife, type Life } from './monitor/device/lives.ts';
import { lastWill } from './monitor/heartbeat.ts';

// The device runtime: `node main.js` as a Greengrass component, or `node main.js SETTINGS` (or the settings' path in
// VERGE_SETTINGS) with a broker of one's own. Logs JSON lines to standard output.
const log = makeLog({ logFormat: 'plain', logLevel: 'info' });

/** Counts the lives of the runtime, in its work folder. */
const LIVES_FILE = 'lives.json';
const WORKER_URL = new URL('./inference-worker.js', import.meta.url);

process.exitCode = await run();
process.exit(); // whatever a library may have left running

async function run(): Promise<number> {
  try {
    const file = process.argv[2] ?? process.env.VERGE_SETTINGS;
    const greengrass = file === undefined ? readGreengrassEnvironment(process.env) : undefined;
    if (greengrass) return await counted((life) => serveUnderGreengrass(greengrass, life));
    const settings = await readSettings(file);
    return await counted((life) => serve(settings, life));
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return error instanceof VergeError && error.fault === 'user' ? 2 : 1;
  }
}

/** One life of the process, from its birth in the work folder to how it ended. */
async function counted(live: (life: Life) => Promise<number>): Promise<number> {
  const life = await beginLife(LIVES_FILE);
  const exitCode = await live(life);
  await life.end(exitCode === 0 ? 'stopped' : 'failed');
  return exitCode;
}

async function serve(settings: Settings, life: Life): Promise<number> {
  const { openLink } = await import('./lifecycle/open-link.ts'); // each link's library is loaded where it is used
  const runtime = await openRuntime({
    settings,
    life,
    log: makeLog(settings),
    workerUrl: WORKER_URL,
    openLink: (source) => openLink(settings, lastWill(source)),
  });
  watchProcess(
    (signal) => void runtime.stop(signal),
    (error) => void runtime.fail(error),
  );
  await runtime.start();
  return runtime.ended;
}

async function serveUnderGreengrass(environment: GreengrassEnvironment, life: Life): Promise<number> {
  const { ComponentRun } = await import('./lifecycle/run-as-component.ts');
  const component = new ComponentRun({
    environment,
    workFolder: process.cwd(),
    log,
    openRuntime: (settings, { link, localBus }, onState) =>
      openRuntime({
        settings,
        life,
        log: makeLog(settings),
        workerUrl: WORKER_URL,
        openLink: () => Promise.resolve(link),
        localBus,
        onState,
      }),
  });
  watchProcess(
    (signal) => component.stop(signal),
    (error) => component.fail(error),
  );
  return component.run();
}

function watchProcess(stop: (signal: string) => void, fail: (error: unknown) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, fail);
}
