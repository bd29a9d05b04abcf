import { spawnSync } from 'node:child_process';
import { repositoryPath } from '../paths.ts';

/** Why tests with AWS's Python tools cannot run here; undefined where they can. */
export function pythonNote(...modules: string[]): string | undefined {
  const { status } = spawnSync('python3', ['-c', modules.map((name) => `import ${name}`).join('; ')]);
  return status === 0 ? undefined : `skipped: python3 has no ${modules.join(' or no ')} here`;
}

export interface Spoken {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of this folder to its end. */
export function runPython(script: string, input: string): Spoken {
  const file = repositoryPath(`test/support/botocore/${script}`);
  const { status, stdout, stderr } = spawnSync('python3', [file], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, stdout, stderr };
}
