import { defineErrors } from '../../component/contract/error.ts';

/** What keeps a sink from starting, and the codes of dead letters. Once it runs, it reports and goes on. */
export const sinkErrors = defineErrors({
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
});
