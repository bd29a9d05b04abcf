import type { Letter } from './letter.ts';
import type { TableName } from './schema/tables.ts';

/** A value in the order of its table's columns. Instants are milliseconds since 1970; JSON is a text. */
export type Value = string | number | boolean | Uint8Array | null;

/** The message that a row came by, as it came. */
export interface Original {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** One row on its way into a table. */
export interface Row {
  readonly table: TableName;
  readonly values: readonly Value[];
  /** There for what a device said; absent where the row is the sink's own note. */
  readonly original?: Original;
  /** Which part of the message it is, such as `oven-17:b1:42:3`. */
  readonly part?: string;
  /** There for the row of a dead letter. */
  readonly letter?: Letter;
}

/** How many devices are in each state. */
export interface FleetTotal {
  readonly fleet: string;
  readonly state: string;
  readonly things: number;
  readonly outboxResults: number;
}

/** The database took the statement and will not have a row: its own trouble, not that of the database. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';
}

/** The database is away, full, or out of order: what it was asked for may be asked again. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway';
}

/** A database with Verge's tables. */
export interface Store {
  /** For messages: `duckdb:FILE`, or the address without its password. */
  readonly name: string;
  /**
   * Writes the rows in one transaction, and answers how many were new in each table; those whose key was there change nothing.
   * @throws RowRefused, StoreAway
   */
  commit(rows: readonly Row[]): Promise<ReadonlyMap<TableName, number>>;
  /** Any statement, by a connection of its own: rows as objects. @throws StoreAway, RowRefused */
  run(sql: string): Promise<Record<string, unknown>[]>;
  /** @throws StoreAway */
  fleetTotals(): Promise<readonly FleetTotal[]>;
  close(): Promise<void>;
}

/** The rows of each table, tables in the order of their first row. */
export function byTable(rows: readonly Row[]): Map<TableName, Row[]> {
  const groups = new Map<TableName, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.table);
    if (group) group.push(row);
    else groups.set(row.table, [row]);
  }
  return groups;
}

export const FLEET_TOTALS_SQL = `select fleet, state, count(*) as things, sum(coalesce(outbox_results, 0)) as outbox_results
  from fleet group by fleet, state`;

export function fleetTotalOf(row: Record<string, unknown>): FleetTotal {
  return {
    fleet: String(row.fleet),
    state: String(row.state),
    things: Number(row.things),
    outboxResults: Number(row.outbox_results),
  };
}
