/** The few words in which the two databases differ; everything else of the schema is the same SQL. */
export interface Dialect {
  readonly name: 'duckdb' | 'postgres';
  /** JSON that can be looked into. */
  readonly json: string;
  /** Text that is compared byte by byte, as keys are. */
  readonly key: string;
}

export const DUCKDB: Dialect = { name: 'duckdb', json: 'json', key: 'text' };
export const POSTGRES: Dialect = { name: 'postgres', json: 'jsonb', key: 'text collate "C"' };
