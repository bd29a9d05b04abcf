import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Whether this process may mount a file system, which takes root. */
export const canMount = (() => {
  if (process.getuid?.() !== 0) return false;
  try {
    const disk = mountSmallDisk(64);
    disk.remove();
    return true;
  } catch {
    return false;
  }
})();

/** Words that a skipped suite carries in its title. */
export const mountNote = canMount ? '' : ' (skipped: a small disk can only be mounted by root)';

export interface SmallDisk {
  readonly folder: string;
  /** Lets nobody write, or lets them again. */
  setReadOnly(readOnly: boolean): void;
  remove(): void;
}

/** A disk of its own, in memory, of so many kilobytes. */
export function mountSmallDisk(kilobytes: number): SmallDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-disk-'));
  const mount = (...words: string[]): void => {
    execFileSync('mount', words, { stdio: 'pipe' });
  };
  mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', folder);
  return {
    folder,
    setReadOnly: (readOnly) => mount('-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder),
    remove() {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
