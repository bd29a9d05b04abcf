import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import type { Dataset, Sample } from './dataset.ts';
import { datasetErrors } from './errors.ts';

/** The whole file is held in memory: 256 MiB is some three million short messages. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** A text over this is a document, not a message; it would be cut by every model anyway. */
const MAX_TEXT_UNITS = 1_000_000;

/** Several files as one; all of them have labels, or none has. @throws VergeError DATASET_… */
export async function readDatasets(files: readonly string[]): Promise<Dataset> {
  const read: Dataset[] = [];
  for (const file of files) read.push(await readDataset(file));
  const without = read.findIndex((dataset) => !dataset.labelled);
  const labelled = read.findIndex((dataset) => dataset.labelled);
  if (without >= 0 && labelled >= 0) {
    throw datasetErrors.make('DATASET_LABEL_MISSING', `${files[without]} has no labels, and ${files[labelled]} has`);
  }
  return { samples: read.flatMap(({ samples }) => samples), labelled: labelled >= 0 };
}

/**
 * Reads texts from `.tsv` or `.csv` (first line names the columns `text` and, optionally, `label`), `.jsonl`
 * (objects with those keys, or plain strings; a label may be a number, or a list of labels) or `.txt` (one text a line).
 *
 * @throws VergeError DATASET_… with the path and the line
 */
export async function readDataset(file: string): Promise<Dataset> {
  let content: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) {
      throw datasetErrors.make('DATASET_TOO_LARGE', `${file} has ${size} bytes, over the limit of ${MAX_FILE_BYTES}`);
    }
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw datasetErrors.make('DATASET_UNREADABLE', `${file} cannot be read (${error.message})`, error);
    }
    throw error;
  }
  const samples = parseDataset(content.replace(/^\uFEFF/, ''), path.extname(file).toLowerCase(), file);
  const labelled = samples.filter((sample) => sample.label !== undefined).length;
  if (samples.length === 0) throw datasetErrors.make('DATASET_EMPTY', `${file} holds no texts`);
  if (labelled !== 0 && labelled !== samples.length) {
    const first = samples.findIndex((sample) => sample.label === undefined) + 1;
    throw datasetErrors.make(
      'DATASET_LABEL_MISSING',
      `${file}: ${labelled} of ${samples.length} texts have a label; text ${first} has none`,
    );
  }
  return { samples, labelled: labelled > 0 };
}

function parseDataset(content: string, extension: string, file: string): Sample[] {
  switch (extension) {
    case '.tsv':
      return fromTable(content, '\t', file);
    case '.csv':
      return fromTable(content, ',', file);
    case '.jsonl':
    case '.ndjson':
      return content
        .split('\n')
        .flatMap((line, index) => (line.trim() ? [fromJson(line, `${file}:${index + 1}`)] : []));
    case '.txt':
      return content
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '')
        .map((text, index) => checked({ text }, `${file}: text ${index + 1}`));
    default:
      throw datasetErrors.make('DATASET_KIND_UNKNOWN', `${file} ends in ${extension || 'nothing'}`);
  }
}

function fromTable(content: string, delimiter: string, file: string): Sample[] {
  let rows: string[][];
  try {
    // In TSV a quote is an ordinary character, as in the files that data sets come in.
    rows = parse(content, {
      delimiter,
      quote: delimiter === '\t' ? null : '"',
      skip_empty_lines: true,
      relax_column_count: false,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw datasetErrors.make('DATASET_ROW_INVALID', `${file}: ${error.message.replace(/\.$/, '')}`, error);
  }
  const [header = [], ...body] = rows;
  const names = header.map((name) => name.trim().toLowerCase());
  const textColumn = names.indexOf('text');
  const labelColumn = names.indexOf('label');
  if (textColumn < 0) {
    throw datasetErrors.make(
      'DATASET_NO_TEXT_COLUMN',
      `${file} has the columns ${header.slice(0, 8).join(', ') || '(none)'}, and none is text`,
    );
  }
  return body.map((row, index) => {
    const label = labelColumn < 0 ? undefined : row[labelColumn];
    return checked({ text: row[textColumn] ?? '', ...(label ? { label } : {}) }, `${file}: row ${index + 2}`);
  });
}

function fromJson(line: string, place: string): Sample {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} is not JSON`, error);
  }
  if (typeof value === 'string') return checked({ text: value }, place);
  const { text, label } = (value ?? {}) as { text?: unknown; label?: unknown }; // checked on the next lines
  if (typeof text !== 'string') throw datasetErrors.make('DATASET_ROW_INVALID', `${place} has no string \`text\``);
  if (label === undefined || label === null) return checked({ text }, place);
  if (typeof label === 'number') return checked({ text, label: String(label) }, place);
  // A text of a multi-label model may have no label at all: an empty list says so.
  if (Array.isArray(label) && label.every((part) => typeof part === 'string')) {
    return checked({ text, label: label.join('|') }, place);
  }
  if (typeof label !== 'string') {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} has a \`label\` that is no string, number or list`);
  }
  return checked({ text, ...(label ? { label } : {}) }, place);
}

function checked(sample: Sample, place: string): Sample {
  if (sample.text.length <= MAX_TEXT_UNITS) return sample;
  throw datasetErrors.make(
    'DATASET_ROW_INVALID',
    `${place} has a text of ${sample.text.length} characters, over ${MAX_TEXT_UNITS}`,
  );
}
