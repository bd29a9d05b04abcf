import { type DuckDBAppender, type DuckDBConnection, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { stagingName } from '../schema/statements.ts';
import { type ColumnKind, TABLES, type TableName } from '../schema/tables.ts';
import type { Row, Value } from '../store.ts';

const MICROSECONDS = 1000n;

/** Appends rows to the staging table of theirs. */
export async function appendRows(connection: DuckDBConnection, table: TableName, rows: readonly Row[]): Promise<void> {
  const kinds = Object.values(TABLES[table].columns);
  const appender = await connection.createAppender(stagingName(table));
  try {
    for (const { values } of rows) {
      for (let index = 0; index < kinds.length; index++)
        append(appender, kinds[index] ?? 'text', values[index] ?? null);
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}

function append(appender: DuckDBAppender, kind: ColumnKind, value: Value): void {
  if (value === null) appender.appendNull();
  else if (typeof value === 'string') appender.appendVarchar(value);
  else if (typeof value === 'boolean') appender.appendBoolean(value);
  else if (value instanceof Uint8Array) appender.appendBlob(value);
  else if (kind === 'instant') appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(value) * MICROSECONDS));
  else if (kind === 'bigint') appender.appendBigInt(BigInt(value));
  else if (kind === 'integer') appender.appendInteger(value);
  else appender.appendDouble(value);
}
