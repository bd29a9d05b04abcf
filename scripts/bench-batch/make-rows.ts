import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files of real messages, as far as they are there; the shipped samples are. */
const SOURCES = [
  'data/clinc150/train.tsv',
  'data/clinc150/val.tsv',
  'data/clinc150/test.tsv',
  'data/hwu64/train.tsv',
  'data/hwu64/test.tsv',
];
const SHIPPED = 'test/models/intents-mini/samples.tsv';

/**
 * Texts for a benchmark, the same in every run: real messages, each once, and then again with a number behind, so that no
 * two rows are alike and nobody's memory of answers helps.
 */
export function makeRows(count: number, sharedFolder: string): { readonly texts: string[]; readonly source: string } {
  const files = SOURCES.map((file) => path.join(sharedFolder, file)).filter((file) => existsSync(file));
  const read = files.length > 0 ? files : [SHIPPED];
  const base = [...new Set(read.flatMap(textsOf))];
  const texts = Array.from({ length: count }, (_, row) => {
    const text = base[row % base.length] ?? '';
    const round = Math.floor(row / base.length);
    return round === 0 ? text : `${text} ${round}`;
  });
  return {
    texts,
    source: files.length > 0 ? `${base.length} messages of CLINC150 and HWU64` : `${base.length} shipped samples`,
  };
}

function textsOf(file: string): string[] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  const column = head.split('\t').indexOf('text');
  return lines.flatMap((line) => line.split('\t')[column] || []);
}
