import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import type { Architecture } from './architectures.ts';

/** Folder beside the program that the native libraries stand in. */
export const NATIVE_FOLDER = 'native';

/** A package with native code, and how its loader is made to find that beside the program (fact N3). */
export interface NativePackage {
  readonly name: string;
  /** The package's file that looks for the binding. */
  readonly loader: string;
  /** The expression or statements there that find it; exactly one place, or the build fails. */
  readonly finds: RegExp;
  readonly binding: string;
  /** What replaces it; `binding` loaded from `native/`. */
  readonly replacement: (load: string) => string;
  /** Files of the package that go into `native/`. */
  readonly files: (node: Architecture['node']) => readonly string[];
}

export const NATIVE_PACKAGES: readonly NativePackage[] = [
  {
    name: 'onnxruntime-node',
    loader: 'dist/binding.js',
    finds: /require\(`\.\.\/bin\/napi-v6\/\$\{process\.platform\}\/\$\{process\.arch\}\/onnxruntime_binding\.node`\)/g,
    binding: 'onnxruntime_binding.node',
    replacement: (load) => load,
    // The binding's run path is its own folder, so it finds the library beside it (fact N1).
    files: (node) =>
      ['onnxruntime_binding.node', 'libonnxruntime.so.1'].map((file) => `bin/napi-v6/linux/${node}/${file}`),
  },
  {
    name: 'aws-crt',
    loader: 'dist/native/binding.js',
    // The whole of it: it starts `ldd` to choose among bindings, and here there is one.
    finds: /^[\s\S]*'aws-crt-nodejs'[\s\S]*exports\.default = binding;[\s\S]*$/g,
    binding: 'aws-crt-nodejs.node',
    replacement: (load) =>
      `const binding = ${load};\nmodule.exports = { __esModule: true, default: binding, CRuntimeType: { NON_LINUX: 'cruntime', MUSL: 'musl', GLIBC: 'glibc' }, cRuntime: 'glibc' };\n`,
    files: (node) => [`dist/bin/linux-${node}-glibc/aws-crt-nodejs.node`],
  },
];

/** Makes the bundle load native code from `native/`. @param used gets the name of each package that the bundle holds */
export function nativesPlugin(root: string, used: Set<string>): Plugin {
  return {
    name: 'natives',
    setup(build) {
      for (const native of NATIVE_PACKAGES) {
        const loader = path.join(root, 'node_modules', native.name, native.loader);
        build.onLoad({ filter: new RegExp(`${escaped(loader)}$`) }, async () => {
          used.add(native.name);
          return { contents: rewritten(await readFile(loader, 'utf8'), native), loader: 'js' };
        });
      }
    },
  };
}

function rewritten(source: string, { name, loader, finds, binding, replacement }: NativePackage): string {
  const places = source.match(finds)?.filter((place) => place !== '').length ?? 0;
  if (places !== 1) {
    throw new Error(
      `${name}/${loader} finds its binding in ${places} places, not one: a new version? Mend the table of natives.`,
    );
  }
  // Every output stands beside `native/`, so the bundle's own `require` resolves it; esbuild must not see it as an import.
  return source.replace(finds, () => replacement(`__vergeNative(${JSON.stringify(`./${NATIVE_FOLDER}/${binding}`)})`));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
