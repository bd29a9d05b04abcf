import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong with a batch job, beside its files. */
export const batchErrors = defineErrors({
  BATCH_NO_INPUT: { fault: 'user', next: 'Give files that exist: a path, a folder, a quoted glob or an s3:// prefix.' },
  BATCH_INPUTS_MANY: { fault: 'user', next: 'Give fewer at a time: a folder below, or a narrower glob.' },
  BATCH_OUT_INVALID: {
    fault: 'user',
    next: 'Give one file with a known ending (.csv, .tsv, .jsonl, .parquet) for one input, or a folder.',
  },
  BATCH_OUT_EXISTS: { fault: 'user', next: 'Move it away, give another --out, or replace it with --force.' },
  BATCH_OUT_UNWRITABLE: { fault: 'user', next: 'Check the path and its permissions.' },
  BATCH_OUT_BUSY: { fault: 'user', next: 'Wait until it ends, or give another --out.' },
  BATCH_COLUMNS_DIFFER: {
    fault: 'user',
    next: 'Give all rows the same columns, and none of them a name that starts with `predicted_`.',
  },
  BATCH_VALUE_UNWRITABLE: { fault: 'user', next: 'Write .csv or .jsonl, which hold any value.' },
  BATCH_TEXT_REFUSED: { fault: 'user', next: 'Take that row out, or shorten its text.' },
  BATCH_INPUT_CHANGED: { fault: 'user', next: 'Let it be written to its end, then run the same command again.' },
});
