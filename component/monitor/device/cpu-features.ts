/** What decides how fast, and on x86 how exactly, int8 runs (fact P10); by the names that the kernel gives them. */
const TELLING = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'asimd', 'asimddp', 'i8mm', 'sve', 'sve2'];

/**
 * The telling features of the first processor.
 * @param cpuInfo the text of /proc/cpuinfo: `flags` on x86, `Features` on Arm
 */
export function cpuFeatures(cpuInfo: string): string[] {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  const there = new Set(line.split(/\s+/));
  return TELLING.filter((feature) => there.has(feature));
}
