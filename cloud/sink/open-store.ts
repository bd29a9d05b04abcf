import type { DuckdbStore } from './duckdb/store.ts';
import { sinkErrors } from './errors.ts';
import type { PostgresStore } from './postgres/store.ts';

export type Target =
  | { readonly kind: 'duckdb'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string };

/** Where the rows go. The value may hold a password, so it isn't quoted. @throws VergeError SINK_TARGET_INVALID */
export function parseTarget(value: string): Target {
  const file = /^duckdb:(.+)$/s.exec(value)?.[1];
  if (file !== undefined && !file.startsWith(':') && !file.includes('\0')) return { kind: 'duckdb', file };
  if (/^postgres(?:ql)?:\/\//.test(value) && URL.canParse(value)) return { kind: 'postgres', url: value };
  throw sinkErrors.make('SINK_TARGET_INVALID', '--to names neither a DuckDB file nor a PostgreSQL database');
}

/** Opens it, with the driver that it takes alone. @throws VergeError of `errors.ts` */
export async function openStore(target: Target): Promise<DuckdbStore | PostgresStore> {
  if (target.kind === 'duckdb') {
    const { DuckdbStore } = await import('./duckdb/store.ts');
    return DuckdbStore.open(target.file);
  }
  const { PostgresStore } = await import('./postgres/store.ts');
  return PostgresStore.open(target.url);
}
