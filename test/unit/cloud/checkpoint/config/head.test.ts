import { describe, expect, it } from 'vitest';
import { families } from '../../../../../cloud/checkpoint/config/families.ts';
import { SUPPORTED_FAMILIES } from '../../../../../cloud/compile/families/build-graph.ts';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { safetensorsBytes } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, withConfig } from '../../../../support/hostile/tiny-model.ts';

const optional = { tokenizer: 'optional' } as const;

/** A model without a tokenizer, which would have to be that of its family. */
function bare(config: Record<string, unknown>): Record<string, Uint8Array | string> {
  const { 'vocab.txt': _, ...files } = withConfig(config);
  return files;
}

/** A model without architectures, told by the names of its tensors alone. */
function withTensors(...names: readonly string[]): Record<string, Uint8Array | string> {
  const tensors = names.map((name) => [name, { dtype: 'F32', shape: [2, 1], bytes: Buffer.alloc(8) }] as const);
  return {
    ...withConfig({ architectures: undefined }),
    'model.safetensors': safetensorsBytes(Object.fromEntries(tensors)),
  };
}

describe('the family', () => {
  it('is known to the reader of configurations and the builder of graphs alike', () => {
    expect(Object.keys(families).toSorted()).toEqual([...SUPPORTED_FAMILIES].toSorted());
  });

  it.each(Object.entries(families))('%s is told by model_type', async (modelType, { className, tasks }) => {
    const config = bare({ model_type: modelType, architectures: [`${className}ForSequenceClassification`] });

    const checkpoint = await openFiles(config, optional);

    expect(checkpoint).toMatchObject({ modelType, task: 'text-classification' });
    expect(tasks).toContain('text-classification');
  });

  it.each(['gpt2', 'Bert', '__proto__', 'constructor', ''])(
    '%j is refused with the families that there are',
    async (modelType) => {
      const refusal = await refuseFiles(withConfig({ model_type: modelType }));

      expect(refusal.code).toBe('MODEL_TYPE_UNSUPPORTED');
      for (const family of Object.keys(families)) expect(refusal.what).toContain(family);
    },
  );

  it.each([undefined, null, 5, ['bert']])('%j for model_type is refused', async (modelType) => {
    const refusal = await refuseFiles(withConfig({ model_type: modelType }));

    expect(refusal).toEqual({ code: 'MODEL_TYPE_MISSING', what: 'config.json has no model_type' });
  });
});

describe('the head', () => {
  it.each([
    ['BertForMaskedLM', 'fills in masked words'],
    ['BertForPreTraining', 'is the head of pre-training'],
    ['BertForQuestionAnswering', 'finds the span of an answer'],
    ['BertForMultipleChoice', 'chooses among given continuations'],
    ['BertForNextSentencePrediction', 'tells whether one sentence follows another'],
    ['BertForCausalLM', 'writes the next word'],
    ['BertLMHeadModel', 'writes the next word'],
    ['BertModel', 'is a bare encoder without a head'],
  ])('%s is refused with what it does', async (architecture, does) => {
    const refusal = await refuseFiles(withConfig({ architectures: [architecture] }));

    expect(refusal).toEqual({ code: 'HEAD_NOT_CLASSIFICATION', what: `The model is a '${architecture}': it ${does}` });
  });

  it.each(['RobertaForSequenceClassification', 'MyForSequenceClassification', 'BertForImages', 'toString'])(
    '%s of a bert is refused by name',
    async (architecture) => {
      const refusal = await refuseFiles(withConfig({ architectures: [architecture] }));

      expect(refusal).toEqual({ code: 'HEAD_CLASS_UNKNOWN', what: expect.stringContaining(`'${architecture}'`) });
    },
  );

  it.each(Object.entries(families))(
    'of %s on every token is told, and refused where none is compiled',
    async (modelType, family) => {
      const config = bare({
        model_type: modelType,
        architectures: [`${family.className}ForTokenClassification`],
      });

      const outcome = await openFiles(config, optional).then(
        ({ task }) => task,
        ({ code }) => code,
      );

      expect(outcome).toBe(family.tasks.includes('token-classification') ? 'token-classification' : 'HEAD_UNSUPPORTED');
    },
  );

  it.each<[string[], string]>([
    [['bert.pooler.dense.weight', 'classifier.weight'], 'text-classification'],
    [['classifier.dense.weight', 'classifier.out_proj.weight'], 'text-classification'],
    [['pre_classifier.weight', 'classifier.weight'], 'text-classification'],
    [['head.dense.weight', 'classifier.weight'], 'text-classification'],
    [['classifier.weight'], 'token-classification'],
  ])('is told by the tensors %j where config.json is silent', async (names, task) => {
    const checkpoint = await openFiles(withTensors(...names), optional);

    expect(checkpoint.task).toBe(task);
  });

  it.each<[string, string]>([
    ['cls.predictions.bias', 'HEAD_NOT_CLASSIFICATION'],
    ['lm_head.dense.weight', 'HEAD_NOT_CLASSIFICATION'],
    ['qa_outputs.weight', 'HEAD_NOT_CLASSIFICATION'],
    ['bert.pooler.dense.weight', 'HEAD_UNKNOWN'],
  ])('is refused by the tensor %s where config.json is silent', async (name, code) => {
    const refusal = await refuseFiles(withTensors(name));

    expect(refusal).toEqual({ code, what: expect.stringContaining('config.json has no architectures') });
  });

  it.each([[[]], ['BertModel'], [[5]], [null]])(
    'is told by the tensors where architectures is %j',
    async (architectures) => {
      const files = {
        ...withConfig({ architectures }),
        'model.safetensors': withTensors('classifier.weight')['model.safetensors'] ?? '',
      };

      const { task } = await openFiles(files);

      expect(task).toBe('token-classification');
    },
  );
});

describe('config.json', () => {
  it.each<[string, string, string]>([
    ['empty', '', 'JSON_MALFORMED'],
    ['half an object', '{"model_type":', 'JSON_MALFORMED'],
    ['a list', '[]', 'JSON_NOT_OBJECT'],
    ['a comment', '{} // config', 'JSON_MALFORMED'],
    ['NaN', '{"dropout":NaN}', 'JSON_MALFORMED'],
    ['too many levels', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 'JSON_TOO_DEEP'],
    ['levels without an end', '['.repeat(100_000), 'JSON_TOO_DEEP'],
    ['model_type twice', '{"model_type":"bert","model_type":"gpt2"}', 'JSON_DUPLICATE_KEY'],
    ['four megabytes', ' '.repeat(4 * 1024 * 1024 + 1), 'FILE_TOO_LARGE'],
  ])('is refused by name when it is %s', async (_, content, code) => {
    const refusal = await refuseFiles({ ...tinyModel, 'config.json': content });

    expect(refusal).toEqual({ code, what: expect.stringContaining('config.json') });
  });
});
