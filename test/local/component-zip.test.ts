import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { Core } from '../../cloud/local/core/start-core.ts';
import type { GoldenSample } from '../../component/contract/manifest.ts';
import { RUNTIME_COMPONENT, runtimeRecipe } from '../../recipes/runtime-recipe.ts';
import { type CompiledBundle, compileIntentsMini } from '../support/compiled-bundle.ts';
import {
  ARM,
  armNote,
  type BuiltComponent,
  buildComponent,
  builtComponent,
  hasArm,
  sha256,
  unpack,
} from '../support/component-zip.ts';
import { coreWorld, until } from '../support/core.ts';
import { repositoryPath } from '../support/paths.ts';
import { type Launch, startRuntime } from '../support/runtime-process.ts';
import { eventsOf, resultsOf, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let component: BuiltComponent;
let bundle: CompiledBundle;
/** Somewhere with no `node_modules` above it, as a nucleus lays zips out (fact D4). */
let unpacked: string;
let golden: readonly GoldenSample[];

beforeAll(async () => {
  component = builtComponent();
  bundle = compileIntentsMini();
  unpacked = mkdtempSync(path.join(tmpdir(), 'verge-unpacked-'));
  for (const [name, zip] of Object.entries(component.zips)) await unpack(zip, path.join(unpacked, name));
  golden = readFileSync(path.join(bundle.folder, 'golden.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenSample);
}, 180_000);
afterAll(() => {
  component?.remove();
  bundle?.remove();
  if (unpacked) rmSync(unpacked, { recursive: true });
});

/** Node's flags as the recipe's run step gives them. */
const [manifest] = runtimeRecipe({ version: '1.0.0', artifactUri: (file) => file }).Manifests;
const flags = manifest && 'run' in manifest.Lifecycle ? (manifest.Lifecycle.run.match(/--\S+/g) ?? []) : [];

const native: () => Launch = () => ({
  command: [process.execPath, ...flags, path.join(unpacked, 'amd64', 'start.js')],
  environment: {},
});
const emulated: () => Launch = () => ({
  command: [ARM.qemu, ARM.node, ...flags, path.join(unpacked, 'aarch64', 'start.js')],
  // On qemu 7.2's own choice, a processor with SME, ONNX Runtime 1.30 answers wrongly; on a real one it has not been tried.
  environment: { QEMU_LD_PREFIX: ARM.root, QEMU_CPU: 'cortex-a76' },
});

/** Runs the runtime and asks it the golden texts: text → label. */
async function labelsBy(launch: Launch): Promise<ReadonlyMap<string, string>> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const device = startRuntime({ ...place, models: [bundle.folder], brokerUrl: broker.url, flushWaitMs: 10 }, launch);
  onTestFinished(() => device.remove());

  await device.whenReady();
  await telemetry.classify(
    place,
    golden.map(({ text }) => ({ id: text, text })),
  );
  await telemetry.until((messages) => resultsOf(messages).length >= golden.length);
  device.child.kill('SIGTERM');
  await device.ended;

  return new Map(
    resultsOf(telemetry.messages).map((result) => [result.requestId, 'label' in result ? result.label : 'failed']),
  );
}

function goldenLabels(): ReadonlyMap<string, string> {
  return new Map(golden.map(({ text, label }) => [text, label]));
}

/** Of an idle runtime with a small model, by the product's own promise. */
const MAX_IDLE_BYTES = 120_000_000;

function residentBytes(pid: number | undefined): number {
  const [, kibibytes = 'none'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** Puts the runtime where a core looks for it: its recipe as it is published, and the zip for this machine. */
function publishRuntime(core: Core, zip: string): void {
  const recipe = runtimeRecipe({ version: '1.0.0', artifactUri: (file) => `s3://bucket/${file}` });
  const artifacts = path.join(core.root, 'artifacts', RUNTIME_COMPONENT, '1.0.0');
  mkdirSync(path.join(core.root, 'recipes'), { recursive: true });
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(path.join(core.root, 'recipes', `${RUNTIME_COMPONENT}-1.0.0.json`), JSON.stringify(recipe));
  cpSync(zip, path.join(artifacts, path.basename(zip)));
}

describe("the runtime's artifact", () => {
  it('answers the golden labels on amd64 from an unrelated folder with an empty environment (N3)', async () => {
    const labels = await labelsBy(native());

    expect(labels).toEqual(goldenLabels());
  });

  it.skipIf(!hasArm)(
    `answers the same labels on aarch64 under emulation${armNote}`,
    async () => {
      const labels = await labelsBy(emulated());

      expect(labels).toEqual(goldenLabels());
    },
    240_000,
  );

  it('takes at most 120 MB of memory when it serves and nobody asks', async () => {
    const broker = await startBroker({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => broker.close());
    const device = startRuntime({ ...place, models: [bundle.folder], brokerUrl: broker.url }, native());
    onTestFinished(() => device.remove());

    await device.whenReady();

    expect(residentBytes(device.child.pid)).toBeLessThanOrEqual(MAX_IDLE_BYTES);
  });

  it.each(['lite', 'java'] as const)(
    'takes no more as a component under %s, deployed by its own recipe',
    async (nucleus) => {
      const { core, broker } = await coreWorld(nucleus);
      const telemetry = await watchTelemetry(broker.url);
      onTestFinished(() => telemetry.close());
      await until(core.cloud.connected);
      publishRuntime(core, component.zips.amd64);

      const configurationUpdate = { merge: { fleet: place.fleet, models: [bundle.folder] } };
      await core.deploy({ components: { [RUNTIME_COMPONENT]: { version: '1.0.0', configurationUpdate } } });
      await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'runtime-started'));

      expect(residentBytes(core.component(RUNTIME_COMPONENT).pid)).toBeLessThanOrEqual(MAX_IDLE_BYTES);
    },
  );

  it('has the same bytes each time, in whatever zone it is built', () => {
    const again = buildComponent({ TZ: 'Pacific/Auckland' });
    onTestFinished(() => again.remove());

    expect(Object.values(again.zips).map(sha256)).toEqual(Object.values(component.zips).map(sha256));
  }, 180_000);

  it('has at most 22 MB for amd64 and 14 MB for aarch64', () => {
    expect(statSync(component.zips.amd64).size).toBeLessThanOrEqual(22_000_000);
    expect(statSync(component.zips.aarch64).size).toBeLessThanOrEqual(14_000_000);
  });

  it('lists what is in it: each native library by its digest, each package with its licence', () => {
    const folder = path.join(unpacked, 'aarch64');
    const sbom = JSON.parse(readFileSync(path.join(folder, 'sbom.cdx.json'), 'utf8')) as Sbom;
    const licences = readFileSync(path.join(folder, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
    const files = sbom.components.filter(({ type }) => type === 'file');
    const libraries = sbom.components.filter(({ type }) => type === 'library');

    expect(files.map(({ name }) => name)).toEqual(
      readdirSync(path.join(folder, 'native'))
        .map((name) => `native/${name}`)
        .sort(),
    );
    for (const { name, hashes } of files) {
      const content = createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex');
      expect(hashes).toEqual([{ alg: 'SHA-256', content }]);
    }
    for (const { purl = '', licenses } of libraries) {
      expect(licenses).toHaveLength(1);
      expect(licences).toContain(decodeURIComponent(purl.replace('pkg:npm/', '')));
    }
    expect(libraries.map(({ name }) => name)).toEqual(expect.arrayContaining(['onnxruntime-node', 'zod', 'pino']));
    expect(libraries.map(({ name }) => name)).not.toContain('aedes'); // the cloud half's
  });

  it('says what is wrong with the device before it loads anything, and ends with a code for it', () => {
    const folder = path.join(unpacked, 'aarch64');

    const { status, stdout } = spawnSync(process.execPath, [path.join(folder, 'start.js')], {
      env: {},
      encoding: 'utf8',
    });

    expect(status).toBe(20);
    expect(JSON.parse(stdout)).toMatchObject({
      level: 60,
      code: 'PREFLIGHT_ARCHITECTURE',
      msg: expect.stringMatching(/linux arm64.*linux x64/),
    });
  });

  it('starts with a file that a Node too old to run it can read: it imports by name what every Node has', () => {
    const start = readFileSync(path.join(unpacked, 'amd64', 'start.js'), 'utf8');
    const names = [...start.matchAll(/import\s*\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(','));

    expect(names.sort()).toEqual(['freemem', 'writeSync']);
  });

  it('lies where the GDK looks for it, and its recipe names both zips (N5)', () => {
    const config = JSON.parse(readFileSync(repositoryPath('gdk-config.json'), 'utf8')) as {
      component: Record<string, { version: string }>;
    };
    const [[name, { version }] = ['', { version: '' }]] = Object.entries(config.component);
    const artifacts = path.join(component.folder, 'artifacts', name, version);
    const recipe = readFileSync(path.join(component.folder, 'recipes', 'verge.Runtime.yaml'), 'utf8');

    expect(readdirSync(artifacts).sort()).toEqual(['verge-runtime-aarch64.zip', 'verge-runtime-amd64.zip']);
    expect(recipe).toContain(`ComponentName: ${name}\n`);
    expect(
      [...recipe.matchAll(/Uri: s3:\/\/BUCKET_NAME\/COMPONENT_NAME\/COMPONENT_VERSION\/(\S+)/g)]
        .map(([, file]) => file)
        .sort(),
    ).toEqual(readdirSync(artifacts).sort());
    expect(readFileSync(repositoryPath('recipe.yaml'), 'utf8')).toBe(recipe); // the link that the GDK follows
  });
});

interface Sbom {
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly purl?: string;
    readonly hashes?: unknown;
    readonly licenses: readonly unknown[];
  }[];
}
