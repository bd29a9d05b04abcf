import type { AnswerRules, Classification } from '../../component/classify/classification.ts';
import { batchErrors } from './errors.ts';

/** What a column holds; `json` is a list of objects, as text where the format knows none. */
export type ColumnType = 'string' | 'number' | 'boolean' | 'json';

/** A column that a batch job adds to those of its input. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: ColumnType;
  valueOf(answer: Classification): unknown;
}

/** What the bundle says and the user asks for. */
export interface AnswerShape extends Pick<AnswerRules, 'task' | 'problemType' | 'rejection'> {
  /** Runners-up of each answer; 0: no column of them. */
  readonly topK: number;
}

/** No file of people has so many columns of one name. */
const MAX_SUFFIX = 1000;

/** The columns that a model's answers make, in order. */
export function answerColumns({ task, problemType, rejection, topK }: AnswerShape): readonly AnswerColumn[] {
  const columns: AnswerColumn[] = [
    { name: 'predicted_label', type: 'string', valueOf: ({ label }) => label },
    { name: 'predicted_score', type: 'number', valueOf: ({ score }) => score },
  ];
  if (rejection !== undefined) {
    columns.push(
      { name: 'predicted_best_label', type: 'string', valueOf: ({ rejected, label }) => rejected?.bestLabel ?? label },
      { name: 'predicted_best_score', type: 'number', valueOf: ({ rejected, score }) => rejected?.bestScore ?? score },
    );
  }
  if (problemType === 'multi_label_classification') {
    columns.push({ name: 'predicted_labels', type: 'json', valueOf: ({ labels = [] }) => labels });
  }
  if (task === 'token-classification') {
    columns.push({ name: 'predicted_entities', type: 'json', valueOf: ({ entities = [] }) => entities });
  }
  if (topK > 0) columns.push({ name: 'predicted_runners_up', type: 'json', valueOf: ({ runnersUp }) => runnersUp });
  columns.push({ name: 'predicted_truncated', type: 'boolean', valueOf: ({ truncated }) => truncated });
  return columns;
}

/**
 * The same columns under names that the input doesn't have: where one of them is taken, all get the suffix `_2`, or the
 * first that is free. A file that was classified before keeps its answers so.
 * @throws VergeError BATCH_COLUMNS_DIFFER
 */
export function freeNames(
  columns: readonly AnswerColumn[],
  taken: readonly string[],
  file: string,
): readonly AnswerColumn[] {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; number <= MAX_SUFFIX; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const free = columns.map((column) => ({ ...column, name: `${column.name}${suffix}` }));
    if (free.every(({ name }) => !names.has(name))) return free;
  }
  throw batchErrors.make('BATCH_COLUMNS_DIFFER', `${file} has ${MAX_SUFFIX} columns called predicted_…`);
}
