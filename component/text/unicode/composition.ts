import { CodePointSet } from './code-point-set.ts';
import { COMBINING_CLASSES, DECOMPOSING } from './composition-tables.ts';

const decomposing = new CodePointSet(DECOMPOSING);
let combiningClasses: ReadonlyMap<number, number> | undefined;

/** Canonical combining class; 0 for everything that doesn't combine. */
export function combiningClass(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 0;
  combiningClasses ??= readClasses(COMBINING_CLASSES);
  return combiningClasses.get(codePoint) ?? 0;
}

/** Full decomposition of one character. */
export function decompose(character: string, form: 'NFD' | 'NFKD'): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return codePoint >= 0x80 && decomposing.has(codePoint) ? character.normalize(form) : character;
}

/** The one character that two make together, if there is one. */
export function compose(first: string, second: string): string | undefined {
  if (second.charCodeAt(0) < 0x300) return undefined;
  const composed = (first + second).normalize('NFC');
  const codePoint = composed.codePointAt(0) ?? 0;
  const isOne = composed.length === (codePoint > 0xffff ? 2 : 1);
  return isOne && decomposing.has(codePoint) ? composed : undefined;
}

function readClasses(table: string): Map<number, number> {
  const classes = new Map<number, number>();
  for (const group of table.split(' | ')) {
    const [name = '', ranges = ''] = group.split(': ');
    for (const range of ranges.split(' ')) {
      const [start = 0, end = start] = range.split('-').map((part) => Number.parseInt(part, 16));
      for (let codePoint = start; codePoint <= end; codePoint++) classes.set(codePoint, Number(name));
    }
  }
  return classes;
}
