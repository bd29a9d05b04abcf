import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { VergeError } from '../../../component/contract/error.ts';
import { sinkErrors } from '../errors.ts';
import { columnList, moveStaged, stagingName } from '../schema/statements.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../schema/tables.ts';
import { byTable, FLEET_TOTALS_SQL, type FleetTotal, fleetTotalOf, type Row, type Store } from '../store.ts';
import { copyLine } from './copy-line.ts';
import { failureOf } from './failure-of.ts';
import { migrate, SCHEMA } from './migrate.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A transaction that takes longer is given up and tried again: a server that vanished behind a network never answers. */
const COMMIT_TIMEOUT_MS = 120_000;
/** COPY is fed in pieces of about this size. */
const PIECE_CHARACTERS = 64 * 1024;

/** PostgreSQL behind the store's port: rows go by COPY into a temporary table, and from there to their own. */
export class PostgresStore implements Store {
  readonly name: string;
  readonly #url: string;
  #writer: Promise<Client> | undefined;
  /** The connection of the writer. */
  #socket = new Socket();
  #reader: Promise<Client> | undefined;

  private constructor(url: string) {
    this.#url = url;
    this.name = nameOf(url);
  }

  /** Connects and migrates. @throws VergeError SINK_DATABASE_REFUSED, SINK_SCHEMA_NEWER */
  static async open(url: string): Promise<PostgresStore> {
    const store = new PostgresStore(url);
    try {
      const client = await store.#connect();
      try {
        await migrate(client, store.name);
      } finally {
        await client.end();
      }
      await store.#writing();
      return store;
    } catch (error) {
      if (error instanceof VergeError) throw error;
      const why = error instanceof Error ? error.message || String(error) : String(error);
      throw sinkErrors.make('SINK_DATABASE_REFUSED', `${store.name} cannot be used (${why})`, error);
    }
  }

  async commit(rows: readonly Row[]): Promise<ReadonlyMap<TableName, number>> {
    const giveUp = setTimeout(() => this.#socket.destroy(), COMMIT_TIMEOUT_MS);
    try {
      const client = await this.#writing();
      const inserted = new Map<TableName, number>();
      await client.query('begin');
      for (const [table, group] of byTable(rows)) {
        await copyRows(client, table, group);
        const { rowCount } = await client.query(moveStaged(table));
        inserted.set(table, rowCount ?? 0);
      }
      await client.query('commit');
      return inserted;
    } catch (error) {
      const failure = failureOf(error);
      await this.#recover();
      throw failure;
    } finally {
      clearTimeout(giveUp);
    }
  }

  async fleetTotals(): Promise<readonly FleetTotal[]> {
    return (await this.run(FLEET_TOTALS_SQL)).map(fleetTotalOf);
  }

  async run(sql: string): Promise<Record<string, unknown>[]> {
    try {
      this.#reader ??= this.#connect();
      const client = await this.#reader;
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } catch (error) {
      await endQuietly(this.#reader);
      this.#reader = undefined;
      throw failureOf(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([endQuietly(this.#writer), endQuietly(this.#reader)]);
  }

  async #connect(socket = new Socket()): Promise<Client> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'verge-sink',
      keepAlive: true,
      stream: () => socket,
    });
    client.on('error', () => undefined); // the statement that is under way, or the next one, hears of it
    await client.connect();
    await client.query(`set search_path to ${SCHEMA}, pg_temp`);
    await client.query("set timezone to 'UTC'");
    return client;
  }

  /** The connection that writes, with its temporary tables. */
  #writing(): Promise<Client> {
    if (this.#writer) return this.#writer;
    this.#socket = new Socket();
    this.#writer = this.#connect(this.#socket).then(async (client) => {
      for (const table of TABLE_NAMES) {
        await client.query(`create temporary table ${stagingName(table)} (like ${table}) on commit delete rows`);
      }
      return client;
    });
    return this.#writer;
  }

  /** Back to a connection without a transaction; a new one where the old one is gone. */
  async #recover(): Promise<void> {
    try {
      await (await this.#writer)?.query('rollback');
    } catch {
      await endQuietly(this.#writer);
      this.#writer = undefined;
    }
  }
}

async function copyRows(client: Client, table: TableName, rows: readonly Row[]): Promise<void> {
  const kinds = Object.values(TABLES[table].columns);
  const copy = client.query(copyFrom(`copy ${stagingName(table)} (${columnList(table)}) from stdin`));
  await pipeline(Readable.from(piecesOf(rows, kinds), { objectMode: false }), copy);
}

function* piecesOf(rows: readonly Row[], kinds: Parameters<typeof copyLine>[0]): Generator<string> {
  let piece = '';
  for (const { values } of rows) {
    piece += copyLine(kinds, values);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

async function endQuietly(client: Promise<Client> | undefined): Promise<void> {
  try {
    await (await client)?.end();
  } catch {
    // It was never there, or is gone.
  }
}

/** Scheme, host, port and database, without user and password. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
