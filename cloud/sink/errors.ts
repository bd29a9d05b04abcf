import { defineErrors } from '../../component/contract/error.ts';

/** What keeps a sink from starting, and the codes of the dead letters that are its own. Once it runs, it reports and goes on. */
export const sinkErrors = defineErrors({
  SINK_TARGET_INVALID: {
    fault: 'user',
    next: 'Give --to duckdb:FILE or --to postgres://user@host:port/database.',
  },
  SINK_SCHEMA_NEWER: {
    fault: 'user',
    next: 'Use a Verge that is at least as new as the one that wrote the database.',
  },
  SINK_DATABASE_REFUSED: {
    fault: 'user',
    next: 'Check the address, the user and its rights, and that the database exists and is a database.',
  },
  SINK_DATABASE_LOCKED: {
    fault: 'user',
    next: 'DuckDB lets one process at a time write a file: stop the other one, or use PostgreSQL for many.',
  },
  SINK_ROW_REFUSED: {
    fault: 'user',
    next: 'The row is a dead letter, with the bytes of its message: see what the database has against it.',
  },
  SINK_DATABASE_AWAY: {
    fault: 'user',
    next: 'The message is in the dead-letter file: `verge sink --redrive FILE` writes it when the database is back.',
  },
  SINK_LETTERS_UNREADABLE: {
    fault: 'user',
    next: 'Give --redrive the file that the sink named when it put messages aside; without any there is nothing to write.',
  },
  SINK_QUERY_REFUSED: {
    fault: 'user',
    next: 'Give one statement that reads; `verge query FILE` lists the views.',
  },
  SINK_METRICS_UNAVAILABLE: {
    fault: 'user',
    next: 'Give --metrics a port that is free, or an address of this machine.',
  },
});
