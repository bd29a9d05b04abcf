import { TABLES, type TableName } from './tables.ts';

/** The columns of a table, comma-separated, in the order in which rows carry them. */
export function columnList(name: TableName): string {
  return Object.keys(TABLES[name].columns).join(', ');
}

/** Where rows wait within a transaction before those with a new key go into their table. */
export function stagingName(name: TableName): string {
  return `staged_${name}`;
}

/**
 * Moves staged rows to their table. In the order of the key, so that two sinks which write the same rows wait for each other
 * rather than for ever.
 */
export function moveStaged(name: TableName): string {
  const { key, onConflict } = TABLES[name];
  const columns = columnList(name);
  return `insert into ${name} (${columns}) select ${columns} from ${stagingName(name)} order by ${key.join(', ')}
    on conflict (${key.join(', ')}) do ${onConflict ?? 'nothing'}`;
}
