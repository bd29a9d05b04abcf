import type { Input } from '../../batch/find-inputs.ts';
import { datasetErrors } from '../../dataset/errors.ts';
import type { RowReader } from '../../dataset/rows/row.ts';
import { commandErrors } from '../errors.ts';

/** Where a label stands first. */
interface FirstSeen {
  readonly file: string;
  readonly row: number;
}

/**
 * Reads the files of this machine once for their labels alone, which takes a small part of what answering them does: a row
 * without one, or files with none of the model's, are told before an hour of work and not behind it. What is in S3 is looked at
 * when it is answered.
 * @throws VergeError COMMAND_LABELS_NEEDED, DATASET_LABEL_MISSING, COMMAND_LABELS_FOREIGN, DATASET_…
 */
export async function checkLabels(
  inputs: readonly Input[],
  known: readonly string[],
  open: (input: Input) => Promise<RowReader>,
  signal: AbortSignal,
): Promise<void> {
  const labels = new Set(known);
  let foreign: { readonly label: string; readonly at: FirstSeen } | undefined;
  let isKnown = inputs.some(({ place }) => place !== undefined);
  for (const input of inputs) {
    if (input.place) continue;
    const reader = await open(input);
    try {
      for await (const { rows, next } of reader.read()) {
        signal.throwIfAborted();
        for (const [index, { label }] of rows.entries()) {
          const row = next.rows - rows.length + index + 1;
          if (label === undefined) throw unlabelled(input.name, row);
          if (labels.has(label)) isKnown = true;
          else foreign ??= { label, at: { file: input.name, row } };
        }
      }
    } finally {
      await reader.close();
    }
  }
  if (isKnown || foreign === undefined) return;
  const { label, at } = foreign;
  const what = `${at.file}: none of its labels, such as ${JSON.stringify(label.slice(0, 100))} in row ${at.row}, is one of the model's`;
  throw commandErrors.make('COMMAND_LABELS_FOREIGN', what);
}

export function unlabelled(file: string, row: number): Error {
  return row === 1
    ? commandErrors.make('COMMAND_LABELS_NEEDED', `${file} has no label in its first row`)
    : datasetErrors.make('DATASET_LABEL_MISSING', `${file}: row ${row} has no label`);
}
