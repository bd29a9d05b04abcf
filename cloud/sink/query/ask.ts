import type { DuckDBConnection } from '@duckdb/node-api';
import { sinkErrors } from '../errors.ts';
import { originalText } from '../rows/stored-text.ts';

export type Cell = string | number | boolean | null | object;

/** What a question answers: names of columns, then rows in pieces, so that memory is bounded however many there are. */
export interface Answer {
  readonly columns: readonly string[];
  pieces(): AsyncGenerator<readonly (readonly Cell[])[]>;
}

/** @throws VergeError SINK_QUERY_REFUSED, with the database's own words */
export async function ask(connection: DuckDBConnection, sql: string): Promise<Answer> {
  try {
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1) {
      throw sinkErrors.make(
        'SINK_QUERY_REFUSED',
        `there are ${statements.count} statements, and one is answered at a time`,
      );
    }
    const result = await connection.stream(sql);
    const types = result.columnTypes().map((type) => type.alias ?? String(type));
    return {
      columns: result.deduplicatedColumnNames(),
      async *pieces() {
        for (;;) {
          const chunk = await refusing(() => result.fetchChunk());
          if (chunk === null || chunk.rowCount === 0) return;
          const rows = chunk.getRows() as readonly (readonly unknown[])[]; // DuckDB's values, each of which `cell` knows
          yield rows.map((row) => row.map((value, column) => cell(value, types[column] ?? '')));
        }
      },
    };
  } catch (error) {
    throw refusal(error);
  }
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): Error {
  if (error instanceof Error && 'fault' in error) return error;
  const words = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return sinkErrors.make('SINK_QUERY_REFUSED', `the database does not answer (${words})`, error);
}

/** Numbers that fit as numbers, instants in ISO form, JSON as values, texts as their senders wrote them. */
function cell(value: unknown, type: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'string') return type === 'JSON' ? jsonOf(value) : originalText(value);
  const kind = (value as object).constructor.name; // neither null nor a primitive
  if (kind === 'DuckDBTimestampTZValue' && 'micros' in Object(value)) return instantOf(value);
  if (kind === 'DuckDBDecimalValue') return Number(String(value));
  return String(value);
}

function jsonOf(text: string): Cell {
  try {
    const value: Cell = JSON.parse(text, (_, inner: unknown) =>
      typeof inner === 'string' ? originalText(inner) : inner,
    );
    return value;
  } catch {
    return text;
  }
}

function instantOf(value: unknown): string {
  const micros = BigInt((value as { micros: bigint }).micros); // looked for before
  const date = new Date(Number(micros / 1000n));
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}
