import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

/** What of a processor decides how fast int8 arithmetic runs on it. */
export interface Processor {
  readonly name: string;
  readonly cores: number;
  readonly instructions: 'VNNI' | 'AVX2' | 'other';
}

export function describeProcessor(): Processor {
  const [first] = cpus();
  return {
    name: `${first?.model.trim() ?? 'unknown'} (${arch()})`,
    cores: cpus().length,
    instructions: instructionsOf(readFlags()),
  };
}

/** @param flags the `flags` line of /proc/cpuinfo */
export function instructionsOf(flags: string): Processor['instructions'] {
  const known = new Set(flags.split(/\s+/));
  if (known.has('avx512_vnni') || known.has('avx_vnni')) return 'VNNI';
  return known.has('avx2') ? 'AVX2' : 'other';
}

function readFlags(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return ''; // no Linux
  }
}
