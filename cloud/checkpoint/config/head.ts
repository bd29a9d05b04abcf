import type { Task } from '../checkpoint.ts';
import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';
import { families } from './families.ts';

/** Suffixes of the reference's class names, with what such a head does. */
const heads: readonly (readonly [suffix: string, task: Task | string])[] = [
  ['ForSequenceClassification', 'text-classification'],
  ['ForTokenClassification', 'token-classification'],
  ['ForMaskedLM', 'fills in masked words'],
  ['ForPreTraining', 'is the head of pre-training'],
  ['ForQuestionAnswering', 'finds the span of an answer'],
  ['ForMultipleChoice', 'chooses among given continuations'],
  ['ForNextSentencePrediction', 'tells whether one sentence follows another'],
  ['ForCausalLM', 'writes the next word'],
  ['LMHeadModel', 'writes the next word'],
  ['Model', 'is a bare encoder without a head'],
];

/** Tensors that tell the head where config.json does not. */
const telltales: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(cls\.predictions|lm_head|vocab_transform|vocab_projector|predictions|generator_)/, 'fills in masked words'],
  [/^qa_outputs\./, 'finds the span of an answer'],
];

/**
 * Which head the model has.
 * @param names of the tensors, plain; empty where the model is a finished ONNX file.
 * @throws HEAD_UNSUPPORTED, HEAD_CLASS_UNKNOWN, HEAD_UNKNOWN
 */
export function recogniseTask(
  config: Readonly<Record<string, unknown>>,
  modelType: string,
  names: ReadonlySet<string>,
): Task {
  const declared = Array.isArray(config.architectures) ? config.architectures[0] : undefined;
  const task = typeof declared === 'string' ? taskOfClass(declared, modelType) : taskOfTensors(names);
  if (families[modelType]?.tasks.includes(task)) return task;
  throw checkpointErrors.make('HEAD_UNSUPPORTED', `The model is a ${modelType} for ${task}, which is not compiled yet`);
}

function taskOfClass(declared: string, modelType: string): Task {
  const [suffix = '', does] = heads.find(([ending]) => declared.endsWith(ending)) ?? [];
  if (does === undefined) {
    throw checkpointErrors.make('HEAD_CLASS_UNKNOWN', `config.json names the architecture ${quote(declared)}`);
  }
  if (does !== 'text-classification' && does !== 'token-classification') {
    throw checkpointErrors.make('HEAD_NOT_CLASSIFICATION', `The model is a ${quote(declared)}: it ${does}`);
  }
  const own = `${families[modelType]?.className}${suffix}`;
  if (declared !== own) {
    throw checkpointErrors.make(
      'HEAD_CLASS_UNKNOWN',
      `config.json names the architecture ${quote(declared)} where a ${modelType} has ${own}`,
    );
  }
  return does;
}

function taskOfTensors(names: ReadonlySet<string>): Task {
  for (const name of names) {
    const does = telltales.find(([pattern]) => pattern.test(name))?.[1];
    if (does !== undefined) {
      throw checkpointErrors.make(
        'HEAD_NOT_CLASSIFICATION',
        `config.json has no architectures, and tensor ${quote(name)} says that the model ${does}`,
      );
    }
  }
  // A text head looks at one vector: through a pooler, a dense layer of its own, or (ModernBERT) a head of its own.
  const hasTextHead = [...names].some((name) =>
    /^(pooler|pre_classifier|classifier\.(dense|out_proj)|head)\./.test(name),
  );
  if (names.has('classifier.out_proj.weight') || (names.has('classifier.weight') && hasTextHead)) {
    return 'text-classification';
  }
  if (names.has('classifier.weight')) return 'token-classification';
  throw checkpointErrors.make('HEAD_UNKNOWN', `config.json has no architectures, and the weights have no classifier`);
}
