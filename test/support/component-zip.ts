import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { madeOnce } from './made-once.ts';
import { repositoryPath } from './paths.ts';

export interface BuiltComponent {
  /** What the build wrote: `artifacts/…` and `recipes/…`. */
  readonly folder: string;
  readonly zips: { readonly amd64: string; readonly aarch64: string };
  remove(): void;
}

/** What `npm run build:component` builds after `npm run build`: about ten seconds for the first of the run, then a copy. */
export function builtComponent(): BuiltComponent {
  const made = madeOnce(['component'], buildInto);
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-component-'));
  cpSync(made, folder, { recursive: true });
  return componentIn(folder);
}

/** Builds it anew, in an environment of the test's own. */
export function buildComponent(environment: NodeJS.ProcessEnv): BuiltComponent {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-component-'));
  buildInto(folder, environment);
  return componentIn(folder);
}

function buildInto(folder: string, environment: NodeJS.ProcessEnv = {}): void {
  execFileSync(process.execPath, [repositoryPath('dist/scripts/build-component.js'), '--out', folder], {
    cwd: repositoryPath('.'),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function componentIn(folder: string): BuiltComponent {
  const zip = (name: string): string => path.join(folder, 'artifacts', 'verge.Runtime', 'NEXT_PATCH', name);
  return {
    folder,
    zips: { amd64: zip('verge-runtime-amd64.zip'), aarch64: zip('verge-runtime-aarch64.zip') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Unpacks a zip as a nucleus does (fact D4): with an unzip that is not ours. */
export async function unpack(zip: string, folder: string): Promise<void> {
  const archive = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(zip, { lazyEntries: true });
  const openEntry = promisify(archive.openReadStream.bind(archive)) as (
    entry: yauzl.Entry,
  ) => Promise<NodeJS.ReadableStream>; // the overload with one argument
  await new Promise<void>((resolve, reject) => {
    archive.on('entry', (entry: yauzl.Entry) => {
      const target = path.join(folder, entry.fileName);
      mkdirSync(path.dirname(target), { recursive: true });
      openEntry(entry)
        .then((stream) => pipeline(stream, createWriteStream(target)))
        .then(() => archive.readEntry(), reject);
    });
    archive.once('end', resolve).once('error', reject);
    archive.readEntry();
  });
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A 64-bit Arm Node and what runs it here: `.ci/run` brings both (Debian's qemu-user-static and cross libraries, npm's Node). */
export const ARM = {
  qemu: '/usr/bin/qemu-aarch64-static',
  root: repositoryPath('.verge/arm64/root'),
  node: repositoryPath('.verge/arm64/node'),
} as const;

export const hasArm = Object.values(ARM).every((file) => existsSync(file));

/** Words that a skipped test carries in its title. */
export const armNote = hasArm
  ? ''
  : ' (skipped: no 64-bit Arm Node under qemu here; scripts/get-arm64-node.sh gets one)';
