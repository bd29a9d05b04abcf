import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** What components of a core and jobs of the stack have in their environment, and nobody who only looks around there. */
const MARKS = [/(^|\0)SVCUID=/, /(^|\0)VERGE_LOCAL_JOB=/];

/**
 * Ends the components and jobs that a stack left running when it was killed: processes that work in its folder and carry
 * its mark. Only where there is `/proc`.
 * @returns their process ids
 */
export function endLeftBehind(folder: string): readonly number[] {
  const homes = ['devices', 'jobs'].map((name) => `${path.join(path.resolve(folder), name)}${path.sep}`);
  const ended: number[] = [];
  for (const name of processes()) {
    try {
      const cwd = readlinkSync(`/proc/${name}/cwd`);
      if (!homes.some((home) => cwd.startsWith(home))) continue;
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      if (!MARKS.some((mark) => mark.test(environment))) continue;
      process.kill(Number(name), 'SIGKILL');
      ended.push(Number(name));
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
  return ended;
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
