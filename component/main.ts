import { pino } from 'pino';
import { readSettings } from './config/read-settings.ts';
import { VergeError } from './contract/error.ts';
import type { Settings } from './contract/settings.ts';
import { makeBoot } from './lifecycle/boot.ts';
import { Runtime, type RuntimeState } from './lifecycle/runtime.ts';
import { type GreengrassEnvironment, readGreengrassEnvironment } from './link/greengrass/nucleus.ts';
import type { Link } from './link/link.ts';
import { type HealthSource, lastWill } from './monitor/heartbeat.ts';
import { vergeVersion } from './version.ts';

// The device runtime: `node main.js` as a Greengrass component, or `node main.js SETTINGS` (or the settings' path in
// VERGE_SETTINGS) with a broker of one's own. Logs JSON lines to standard output.
const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });

process.exitCode = await run();
process.exit(); // whatever a library may have left running

async function run(): Promise<number> {
  try {
    const file = process.argv[2] ?? process.env.VERGE_SETTINGS;
    const greengrass = readGreengrassEnvironment(process.env);
    if (greengrass !== undefined && file === undefined) return await serveUnderGreengrass(greengrass);
    const settings = await readSettings(file);
    log.level = settings.logLevel;
    return await serve(settings);
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return error instanceof VergeError && error.fault === 'user' ? 2 : 1;
  }
}

async function serve(settings: Settings): Promise<number> {
  const { openLink } = await import('./lifecycle/open-link.ts'); // each link's library is loaded where it is used
  const source = sourceOf(settings);
  const runtime = makeRuntime(settings, source, await openLink(settings, lastWill(source)));
  watchProcess(
    (signal) => void runtime.stop(signal),
    (error) => void runtime.fail(error),
  );
  await runtime.start();
  return runtime.ended;
}

async function serveUnderGreengrass(environment: GreengrassEnvironment): Promise<number> {
  const { ComponentRun } = await import('./lifecycle/run-as-component.ts');
  const component = new ComponentRun({
    environment,
    workFolder: process.cwd(),
    log,
    makeRuntime: (settings, link, onState) => makeRuntime(settings, sourceOf(settings), link, onState),
  });
  watchProcess(
    (signal) => component.stop(signal),
    (error) => component.fail(error),
  );
  return component.run();
}

function sourceOf({ fleet, thing, heartbeatSeconds }: Settings): HealthSource {
  const startedAt = new Date();
  const boot = makeBoot(startedAt);
  return { place: { fleet, thing }, boot, runtimeVersion: vergeVersion, startedAt, heartbeatSeconds };
}

function makeRuntime(
  settings: Settings,
  source: HealthSource,
  link: Link,
  onState: (state: RuntimeState) => void = () => undefined,
): Runtime {
  const workerUrl = new URL('./inference-worker.js', import.meta.url);
  return new Runtime({ settings, source, link, workerUrl, now: () => new Date(), log, onState });
}

function watchProcess(stop: (signal: string) => void, fail: (error: unknown) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, fail);
}
