import type { Classification } from '../../../classify/classification.ts';
import { characterOffsets, scoresOf } from '../answers.ts';
import type { ModelFacts } from '../service.ts';
import type { Inputs } from './codec.ts';
import { containerError } from './container-error.ts';

type Row = Readonly<Record<string, string | number>>;
/** What a pipeline gives for a text. */
export type Prediction = Row | readonly Row[];

/** One aggregation has one form; with `none`, a pipeline gives tokens, which the device does not keep. */
const AGGREGATIONS: ReadonlySet<string | undefined> = new Set(['simple', 'first', 'average', 'max']);

/**
 * Answers in the form of the pipelines `text-classification` and `token-classification`: a row for each text, or a list of
 * rows where `top_k` asks for several. Checked before the texts are asked.
 * @throws Refusal ModelError for parameters that a bundle cannot follow
 */
export function predict(
  { texts, isList, parameters }: Inputs,
  { task, problemType }: Pick<ModelFacts, 'task' | 'problemType'>,
): (answers: readonly Classification[]) => readonly Prediction[] {
  const { top_k: topK, return_all_scores: allScores, function_to_apply: apply } = parameters;
  if (task === 'token-classification') {
    if (!AGGREGATIONS.has(parameters.aggregation_strategy)) {
      throw containerError(
        'this device answers with entities: give the parameter aggregation_strategy, such as "simple"',
      );
    }
    return (answers) => {
      const entities = answers.map((answer, index) => entityRows(texts[index] ?? '', answer));
      return isList ? entities : (entities[0] ?? []);
    };
  }
  const natural =
    problemType === 'single_label_classification' ? 'softmax' : problemType === 'regression' ? 'none' : 'sigmoid';
  if (typeof apply === 'string' && apply !== natural) {
    throw containerError(`function_to_apply is ${natural} for this model, and cannot be changed on this device`);
  }
  if (topK === undefined && allScores !== true)
    return (answers) => answers.flatMap((answer) => rows(answer).slice(0, 1));
  const count = topK ?? Number.POSITIVE_INFINITY;
  return (answers) => {
    const lists = answers.map((answer) => rows(answer).slice(0, count));
    return isList || topK === undefined ? lists : (lists[0] ?? []);
  };
}

function rows(answer: Classification): Row[] {
  return scoresOf(answer).map(({ label, score }) => ({ label, score }));
}

function entityRows(text: string, { entities }: Classification): Row[] {
  const at = characterOffsets(text);
  return (entities ?? []).map(({ label, score, start, end }) => ({
    entity_group: label,
    score,
    word: text.slice(start, end),
    start: at(start),
    end: at(end),
  }));
}
