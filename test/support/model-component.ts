import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { repositoryPath } from './paths.ts';

export interface HandOverOutcome {
  readonly code: number | null;
  readonly words: string;
}

/** A model component as a nucleus lays it out beside a runtime: its artifact unpacked, its work folder, its helper. */
export class ModelComponent {
  /** The bundle in its artifact, for a test to damage. */
  readonly bundle: string;
  /** How long its helper looks for a runtime that is not there. */
  reachMs = 60_000;
  readonly #artifact: string;
  readonly #workFolder: string;

  /** @param runtimeWorkFolder `<root>/work/verge.Runtime` */
  constructor(runtimeWorkFolder: string, bundle: string, name = `verge.model.${path.basename(path.dirname(bundle))}`) {
    const root = path.join(runtimeWorkFolder, '..', '..');
    this.#artifact = path.join(root, 'artifacts', name);
    this.#workFolder = path.join(root, 'work', name);
    this.bundle = path.join(this.#artifact, 'bundle');
    mkdirSync(this.#workFolder, { recursive: true });
    cpSync(bundle, this.bundle, { recursive: true });
    cpSync(repositoryPath('dist/component/hand-over.mjs'), path.join(this.#artifact, 'hand-over.mjs'));
  }

  handOver(...options: string[]): Promise<HandOverOutcome> {
    return this.#run('offer', ...options);
  }

  release(...options: string[]): Promise<HandOverOutcome> {
    return this.#run('release', ...options);
  }

  #run(...words: string[]): Promise<HandOverOutcome> {
    const child: ChildProcess = spawn(process.execPath, [path.join(this.#artifact, 'hand-over.mjs'), ...words], {
      cwd: this.#workFolder,
      env: { VERGE_HAND_OVER_REACH_MS: String(this.reachMs) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, words: said })));
  }
}
