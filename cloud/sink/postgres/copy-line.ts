import type { ColumnKind } from '../schema/tables.ts';
import type { Value } from '../store.ts';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One row as a line of COPY's text format. */
export function copyLine(kinds: readonly ColumnKind[], values: readonly Value[]): string {
  let line = '';
  for (let index = 0; index < kinds.length; index++) {
    if (index > 0) line += '\t';
    line += field(kinds[index] ?? 'text', values[index] ?? null);
  }
  return `${line}\n`;
}

function field(kind: ColumnKind, value: Value): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`;
  return kind === 'instant' ? new Date(value).toISOString() : String(value);
}

function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => ESCAPES[found] ?? found) : text;
}
