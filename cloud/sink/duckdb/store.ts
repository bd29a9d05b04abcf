import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { VergeError } from '../../../component/contract/error.ts';
import { columnList, moveStaged, stagingName } from '../schema/statements.ts';
import { TABLE_NAMES, type TableName } from '../schema/tables.ts';
import { byTable, FLEET_TOTALS_SQL, type FleetTotal, fleetTotalOf, type Row, type Store } from '../store.ts';
import { appendRows } from './append-rows.ts';
import { failureOf } from './failure-of.ts';
import { migrate } from './migrate.ts';
import { openingError } from './opening-error.ts';

/** Enough for sorting a batch and for the index; by itself DuckDB would take four fifths of the machine. */
const MEMORY_LIMIT = '1GB';

interface Opened {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
}

/** A DuckDB file behind the store's port: rows go through an appender to a temporary table, and from there to their own. */
export class DuckdbStore implements Store {
  readonly name: string;
  readonly #file: string;
  #opened: Opened | undefined;

  private constructor(file: string) {
    this.#file = file;
    this.name = `duckdb:${file}`;
  }

  /** Opens or makes the file, and migrates. @throws VergeError SINK_DATABASE_LOCKED, SINK_DATABASE_REFUSED, SINK_SCHEMA_NEWER */
  static async open(file: string): Promise<DuckdbStore> {
    const store = new DuckdbStore(file);
    try {
      store.#opened = await openFile(file, store.name);
    } catch (error) {
      if (error instanceof VergeError) throw error;
      throw openingError(store.name, error);
    }
    return store;
  }

  async commit(rows: readonly Row[]): Promise<ReadonlyMap<TableName, number>> {
    try {
      this.#opened ??= await openFile(this.#file, this.name);
      const { writer } = this.#opened;
      const inserted = new Map<TableName, number>();
      await writer.run('begin');
      for (const [table, group] of byTable(rows)) {
        await appendRows(writer, table, group);
        const { rowsChanged } = await writer.run(moveStaged(table));
        await writer.run(`delete from ${stagingName(table)}`);
        inserted.set(table, rowsChanged);
      }
      await writer.run('commit');
      return inserted;
    } catch (error) {
      const failure = failureOf(error);
      await this.#recover();
      throw failure;
    }
  }

  async fleetTotals(): Promise<readonly FleetTotal[]> {
    return (await this.run(FLEET_TOTALS_SQL)).map(fleetTotalOf);
  }

  async run(sql: string): Promise<Record<string, unknown>[]> {
    try {
      this.#opened ??= await openFile(this.#file, this.name);
      return (await this.#opened.reader.runAndReadAll(sql)).getRowObjectsJS();
    } catch (error) {
      throw failureOf(error);
    }
  }

  async close(): Promise<void> {
    this.#shut();
  }

  /** Back to a connection without a transaction; a file that DuckDB has given up on is opened anew at the next commit. */
  async #recover(): Promise<void> {
    try {
      await this.#opened?.writer.run('rollback');
      await this.#opened?.writer.run('select 1 from verge_schema');
    } catch {
      this.#shut();
    }
  }

  #shut(): void {
    this.#opened?.writer.closeSync();
    this.#opened?.reader.closeSync();
    this.#opened?.instance.closeSync();
    this.#opened = undefined;
  }
}

async function openFile(file: string, name: string): Promise<Opened> {
  const instance = await DuckDBInstance.create(file, { memory_limit: MEMORY_LIMIT });
  try {
    const writer = await instance.connect();
    await writer.run("set timezone to 'UTC'");
    await migrate(writer, name);
    for (const table of TABLE_NAMES) {
      await writer.run(
        `create temporary table ${stagingName(table)} as select ${columnList(table)} from ${table} limit 0`,
      );
    }
    const reader = await instance.connect();
    await reader.run("set timezone to 'UTC'");
    return { instance, writer, reader };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}
