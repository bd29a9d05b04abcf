import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { madeOnce } from './made-once.ts';
import { intentsMiniArchive, repositoryPath } from './paths.ts';

export interface CompiledBundle {
  readonly folder: string;
  remove(): void;
}

/** Labelled texts of the demo's model. */
export const intentsMiniSamples = repositoryPath('test/models/intents-mini/samples.tsv');

/** The demo's model, compiled with the built command line: about two seconds for the first of the run, then a copy. */
export function compileIntentsMini(...options: readonly string[]): CompiledBundle {
  return compileAs('bundle', options);
}

/** @param name of its folder */
export function compileAs(name: string, options: readonly string[] = []): CompiledBundle {
  const made = madeOnce(['compile', name, ...options], (folder) => {
    const words = ['compile', intentsMiniArchive, '--out', path.join(folder, name), '--samples', intentsMiniSamples];
    execFileSync(process.execPath, [repositoryPath('dist/cloud/verge.js'), ...words, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  });
  const parent = mkdtempSync(path.join(tmpdir(), 'verge-bundle-'));
  const folder = path.join(parent, name);
  cpSync(path.join(made, name), folder, { recursive: true });
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
