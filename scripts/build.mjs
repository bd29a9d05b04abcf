// Bundles the command line (cloud half), the device runtime and its inference worker (device half), and the scripts.
// Packages stay outside the bundles and are found in node_modules; only zod goes in, less what we don't use of it, since
// the whole of it costs a device 12 MB and a fifth of its start.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}dist`;

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Output name (below dist/) → source file. What a device runs is built by itself: a chunk holds all that any program of its build uses. */
const device = {
  'component/start': 'component/start.ts',
  'component/main': 'component/main.ts',
  'component/inference-worker': 'component/classify/inference-worker.ts',
  'scripts/bench/verge-side': 'scripts/bench/verge-side.ts',
};
const rest = {
  'cloud/verge': 'cloud/main.ts',
  'cloud/local-stack': 'cloud/local/stack/main.ts',
  'scripts/bench/peer-side': 'scripts/bench/peer-side.ts',
};
for (const file of readdirSync(`${root}scripts`)) {
  if (file.endsWith('.ts')) rest[`scripts/${file.slice(0, -3)}`] = `scripts/${file}`;
}

rmSync(outdir, { recursive: true, force: true });
for (const entryPoints of [device, rest]) {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entryPoints).filter(([, source]) => existsSync(`${root}${source}`))),
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    alias: { zod: fileURLToPath(import.meta.resolve('zod')) },
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { VERGE_VERSION: JSON.stringify(version) },
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

// Ships inside every model's artifact, alone.
await build({
  absWorkingDir: root,
  entryPoints: ['component/hand-over/main.ts'],
  outfile: `${outdir}/component/hand-over.mjs`,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
});

// The package's entry `verge/consumer`: one file that needs mqtt and nothing else, and its declarations.
await build({
  absWorkingDir: root,
  entryPoints: ['cloud/consumer/entry.ts'],
  outfile: `${outdir}/consumer/index.js`,
  bundle: true,
  packages: 'external',
  alias: { zod: fileURLToPath(import.meta.resolve('zod')) },
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  logLevel: 'warning',
});
execFileSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}scripts/tsconfig.consumer.json`],
  {
    stdio: 'inherit',
  },
);
for (const entry of readdirSync(`${outdir}/consumer/types`, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = `${entry.parentPath}/${entry.name}`;
  // Declarations name their neighbours as readers find them.
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
}

// The page that the dashboard serves: one script and one style sheet, with everything they need inside.
const page = `${root}cloud/dashboard/page`;
if (existsSync(page)) {
  await build({
    absWorkingDir: root,
    entryPoints: { page: 'cloud/dashboard/page/main.tsx' },
    outdir: `${outdir}/dashboard`,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) copyFileSync(`${page}/${name}`, `${outdir}/dashboard/${name}`);
}

execFileSync(process.execPath, [`${outdir}/scripts/write-schemas.js`, `${outdir}/schemas`], { stdio: 'inherit' });
execFileSync(process.execPath, [`${outdir}/scripts/build-job.js`, root, `${outdir}/job`], { stdio: 'inherit' });
