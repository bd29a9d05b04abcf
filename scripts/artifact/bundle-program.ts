import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { Architecture } from './architectures.ts';
import { nativesPlugin } from './natives.ts';

/** The device program as files beside each other, with nothing of it left in `node_modules`. */
export interface Program {
  /** Name → bytes of each JavaScript file; `start.js` is the one to run. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Source files that are in it, relative to the repository, and how many bytes each has in the output. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Packages with native code that are in it. */
  readonly natives: ReadonlySet<string>;
}

/** What `start.js` is written for: a Node that is too old must get as far as the sentence that says so. */
const START_TARGET = 'node14.18';
const TARGET = 'node20';

/** Bundled packages are CommonJS; they need a `require` for Node's own modules, and the natives one that esbuild doesn't see. */
export const BANNER = `import { createRequire as __vergeCreateRequire } from 'node:module';
const require = __vergeCreateRequire(import.meta.url), __vergeNative = require;`;

/** Bundles the device program for one architecture. Same source, same bytes. */
export async function bundleProgram(root: string, version: string, { node }: Architecture): Promise<Program> {
  const natives = new Set<string>();
  const common = {
    absWorkingDir: root,
    outdir: path.join(root, 'out'), // nothing is written there
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { VERGE_VERSION: JSON.stringify(version), VERGE_ARCHITECTURE: JSON.stringify(node) },
    minifyWhitespace: true,
    minifySyntax: true, // names stay as they are, for the sake of stack traces
    legalComments: 'none', // every licence is in THIRD-PARTY-LICENCES.txt
    metafile: true,
    write: false,
    logLevel: 'warning',
  } as const;
  const [start, rest] = await Promise.all([
    build({
      ...common,
      entryPoints: { start: 'component/start.ts' },
      target: START_TARGET,
      plugins: [besides('./main.ts', './main.js')],
    }),
    build({
      ...common,
      entryPoints: { main: 'component/main.ts', 'inference-worker': 'component/classify/inference-worker.ts' },
      target: TARGET,
      splitting: true,
      banner: { js: BANNER },
      plugins: [nativesPlugin(root, natives), englishOnly],
    }),
  ]);
  const outputs = [...start.outputFiles, ...rest.outputFiles];
  const files = new Map(outputs.map(({ path: file, contents }) => [path.basename(file), contents]));
  return { files, inputs: inputsOf([start.metafile, rest.metafile]), natives };
}

/** An import that stays one: of a file that is bundled by itself. */
function besides(source: string, built: string): Plugin {
  return {
    name: 'besides',
    setup(build) {
      build.onResolve({ filter: /^\.\// }, ({ path: wanted }) =>
        wanted === source ? { path: built, external: true } : undefined,
      );
    },
  };
}

/** Zod's messages in fifty languages are a quarter of the program's source and of no use to a log in English. */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

function inputsOf(metafiles: readonly Metafile[]): ReadonlyMap<string, number> {
  const inputs = new Map<string, number>();
  for (const { outputs } of metafiles) {
    for (const output of Object.values(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
        inputs.set(file, (inputs.get(file) ?? 0) + bytesInOutput);
      }
    }
  }
  return inputs;
}
