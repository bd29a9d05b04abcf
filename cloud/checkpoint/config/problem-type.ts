import type { ProblemType, Task } from '../checkpoint.ts';
import { checkpointErrors } from '../errors.ts';
import { quoteValue } from '../quote.ts';

const problemTypes: readonly string[] = [
  'single_label_classification',
  'multi_label_classification',
  'regression',
] satisfies ProblemType[];

/** As config.json says, else as the reference deduces it: one label is a regression, several exclude each other. */
export function readProblemType(declared: unknown, task: Task, labelCount: number): ProblemType {
  if (declared !== undefined && declared !== null && !isProblemType(declared)) {
    throw checkpointErrors.make('PROBLEM_TYPE_BAD', `config.json has problem_type ${quoteValue(declared)}`);
  }
  // Each token has one label; the reference does not look at problem_type there.
  if (task === 'token-classification') return 'single_label_classification';
  return declared ?? (labelCount === 1 ? 'regression' : 'single_label_classification');
}

function isProblemType(value: unknown): value is ProblemType {
  return typeof value === 'string' && problemTypes.includes(value);
}
