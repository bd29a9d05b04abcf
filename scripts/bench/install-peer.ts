import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

export const PEER_VERSION = '2.17.2';

/**
 * Installs transformers.js in a folder of its own, with its own ONNX Runtime: with the override that our own
 * node_modules needs, its inference would not work (fact N2). What is installed already is kept.
 *
 * @returns version of the ONNX Runtime that it runs on
 */
export async function installPeer(folder: string): Promise<string> {
  const done = path.join(folder, 'installed');
  if (!existsSync(done)) {
    await mkdir(folder, { recursive: true });
    const description = {
      name: 'verge-bench-peer',
      private: true,
      dependencies: { '@xenova/transformers': PEER_VERSION },
      overrides: { sharp: '^0.35.5' },
    };
    await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(description, undefined, 2)}\n`);
    await writeFile(path.join(folder, '.npmrc'), 'onnxruntime-node-install=skip\nonnxruntime-node-install-cuda=skip\n');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await writeFile(done, '');
  }
  const requireThere = createRequire(createRequire(path.join(folder, 'package.json')).resolve('@xenova/transformers'));
  const { version }: { version: string } = requireThere('onnxruntime-node/package.json');
  return version;
}
