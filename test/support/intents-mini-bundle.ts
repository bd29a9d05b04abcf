import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { intentsMiniArchive, repositoryPath } from './paths.ts';

/** Compiles the committed model as a user would (2.5 s). Whoever makes it calls `remove`. */
export function compileIntentsMini(): { readonly folder: string; remove(): void } {
  const parent = mkdtempSync(path.join(tmpdir(), 'verge-bundle-'));
  const folder = path.join(parent, 'intents-mini');
  const samples = repositoryPath('test/models/intents-mini/samples.tsv');
  const program = repositoryPath('dist/cloud/verge.js');
  execFileSync(process.execPath, [program, 'compile', intentsMiniArchive, '--out', folder, '--samples', samples], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
