import type { Task } from '../checkpoint.ts';

/** What is needed to know of a family before its graph is built. */
interface Family {
  /** How the reference's classes of this family begin. */
  readonly className: string;
  readonly tasks: readonly Task[];
  /** True where positions start behind the padding index, so that the table holds two rows that no token uses. */
  readonly positionsAfterPadding: boolean;
}

const textOnly: readonly Task[] = ['text-classification'];
const textAndToken: readonly Task[] = ['text-classification', 'token-classification'];

/** Families that Verge compiles, by `model_type`. */
export const families: Readonly<Record<string, Family>> = {
  bert: { className: 'Bert', tasks: textAndToken, positionsAfterPadding: false },
  distilbert: { className: 'DistilBert', tasks: textAndToken, positionsAfterPadding: false },
  roberta: { className: 'Roberta', tasks: textAndToken, positionsAfterPadding: true },
  'xlm-roberta': { className: 'XLMRoberta', tasks: textAndToken, positionsAfterPadding: true },
  camembert: { className: 'Camembert', tasks: textAndToken, positionsAfterPadding: true },
  electra: { className: 'Electra', tasks: textOnly, positionsAfterPadding: false },
  mpnet: { className: 'MPNet', tasks: textOnly, positionsAfterPadding: true },
  albert: { className: 'Albert', tasks: textOnly, positionsAfterPadding: false },
  'deberta-v2': { className: 'DebertaV2', tasks: textOnly, positionsAfterPadding: false },
  modernbert: { className: 'ModernBert', tasks: textOnly, positionsAfterPadding: false },
};
