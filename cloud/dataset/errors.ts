import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with a file of texts. */
export const datasetErrors = defineErrors({
  DATASET_UNREADABLE: { fault: 'user', next: 'Check the path and its permissions.' },
  DATASET_TOO_LARGE: { fault: 'user', next: 'Split the file, or give a part of it.' },
  DATASET_KIND_UNKNOWN: { fault: 'user', next: 'Name the file .tsv, .csv, .jsonl, .parquet or .txt.' },
  DATASET_ROW_INVALID: { fault: 'user', next: 'Mend that line and run the command again.' },
  DATASET_NO_TEXT_COLUMN: {
    fault: 'user',
    next: 'Name the column of the texts `text` (and that of the labels `label`), or say with --column which it is.',
  },
  DATASET_COLUMNS_INVALID: { fault: 'user', next: 'Give every column a name of its own.' },
  DATASET_NOT_UTF8: { fault: 'user', next: 'Convert the file, for example with `iconv -f latin1 -t utf-8`.' },
  DATASET_PARQUET_INVALID: { fault: 'user', next: 'Write the file again with the tool that it comes from.' },
  DATASET_EMPTY: { fault: 'user', next: 'Give a file with at least one text.' },
  DATASET_LABEL_MISSING: { fault: 'user', next: 'Fill in the label of every text, or leave the label column out.' },
});
