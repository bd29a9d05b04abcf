import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { vergeVersion } from '../component/version.ts';
import { BANNER, englishOnly } from './artifact/bundle-program.ts';
import { NATIVE_FOLDER, NATIVE_PACKAGES, nativesPlugin } from './artifact/natives.ts';

/**
 * Builds the command line as a job in a container carries it: files beside each other with nothing of them in
 * `node_modules`, for Node 20 on 64-bit Intel and AMD, which is what SageMaker's processing instances are.
 * `node dist/scripts/build-job.js ROOT OUT`
 */
const NODE = 'x64';

const [root = '.', out = 'dist/job'] = process.argv.slice(2).map((word) => path.resolve(word));
const natives = new Set<string>();
await rm(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    'cloud/verge': 'cloud/main.ts',
    'component/inference-worker': 'component/classify/inference-worker.ts',
  },
  outdir: out,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: { VERGE_VERSION: JSON.stringify(vergeVersion) },
  banner: { js: BANNER },
  // No job writes to a database, and its package is loaded only where one does.
  external: ['@duckdb/node-api'],
  plugins: [nativesPlugin(root, natives), englishOnly],
  minifyWhitespace: true,
  minifySyntax: true, // names stay as they are, for the sake of stack traces
  legalComments: 'none',
  logLevel: 'warning',
});
// Files that end in `.js` are modules only where a package says so.
await writeFile(path.join(out, 'package.json'), `${JSON.stringify({ name: 'verge-job', type: 'module' })}\n`);
await mkdir(path.join(out, NATIVE_FOLDER));
for (const { name, files } of NATIVE_PACKAGES.filter((native) => natives.has(native.name))) {
  for (const file of files(NODE)) {
    await cp(path.join(root, 'node_modules', name, file), path.join(out, NATIVE_FOLDER, path.basename(file)));
  }
}
