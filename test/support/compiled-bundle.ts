import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { intentsMiniArchive, repositoryPath } from './paths.ts';

export interface CompiledBundle {
  readonly folder: string;
  remove(): void;
}

/** Labelled texts of the demo's model. */
export const intentsMiniSamples = repositoryPath('test/models/intents-mini/samples.tsv');

/** Compiles the demo's model with the built command line: about two seconds. */
export function compileIntentsMini(...options: readonly string[]): CompiledBundle {
  const parent = mkdtempSync(path.join(tmpdir(), 'verge-bundle-'));
  const folder = path.join(parent, 'bundle');
  const verge = repositoryPath('dist/cloud/verge.js');
  const all = [verge, 'compile', intentsMiniArchive, '--out', folder, '--samples', intentsMiniSamples, ...options];
  execFileSync(process.execPath, all, { stdio: ['ignore', 'ignore', 'pipe'] });
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
