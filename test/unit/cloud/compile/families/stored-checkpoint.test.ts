import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../../../cloud/checkpoint/checkpoint.ts';
import { families } from '../../../../../cloud/checkpoint/config/families.ts';
import { buildGraph, SUPPORTED_FAMILIES } from '../../../../../cloud/compile/families/build-graph.ts';
import { openFiles, refusalOf } from '../../../../support/hostile/refusal.ts';
import { safetensorsBytes, type WrittenTensor } from '../../../../support/hostile/safetensors-bytes.ts';
import { obligingCheckpoint } from './obliging-checkpoint.ts';

/** How the reference calls the encoder inside each family's class. */
const prefixes: Readonly<Record<string, string>> = {
  bert: 'bert.',
  distilbert: 'distilbert.',
  roberta: 'roberta.',
  'xlm-roberta': 'roberta.',
  camembert: 'roberta.',
  electra: 'electra.',
  mpnet: 'mpnet.',
  albert: 'albert.',
  'deberta-v2': 'deberta.',
  modernbert: 'model.',
};
const heads = /^(classifier|pre_classifier|pooler|head)\./;
/** Heads that look like the encoder's own pooler, which bears the prefix (DeBERTa's does not). */
const hasOwnPooler = (modelType: string): boolean => ['bert', 'albert'].includes(modelType);

type Tensors = Record<string, WrittenTensor>;

/** All tensors that the builder of a family asks for, as a file holds them. */
function wantedBy(modelType: string, naming: (name: string) => string): { tensors: Tensors; config: unknown } {
  const { config, tensors } = obligingCheckpoint({ modelType });
  const stored = [...tensors.values()].map(({ name, shape, read }) => {
    const values = read();
    return [naming(name), { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }] as const;
  });
  return { tensors: Object.fromEntries(stored), config };
}

async function openStored(modelType: string, { tensors, config }: ReturnType<typeof wantedBy>): Promise<Checkpoint> {
  const architectures = [`${families[modelType]?.className}ForSequenceClassification`];
  const files = {
    'config.json': JSON.stringify({ ...(config as object), model_type: modelType, architectures }), // an object, as the builder read it
    'model.safetensors': safetensorsBytes(tensors),
  };
  return openFiles(files, { tokenizer: 'optional' });
}

describe.each([...SUPPORTED_FAMILIES])('a stored %s', (modelType) => {
  const prefixed = (name: string) => {
    const isHead = heads.test(name) && !(name.startsWith('pooler.') && hasOwnPooler(modelType));
    return isHead ? name : `${prefixes[modelType]}${name}`;
  };

  it.each([
    ['with the prefix of its family', prefixed],
    ['without a prefix', (name: string) => name],
    ['with the prefix of DataParallel', (name: string) => `module.${prefixed(name)}`],
    [
      'with the names of TensorFlow',
      (name: string) =>
        prefixed(name)
          .replace(/LayerNorm\.weight$/, 'LayerNorm.gamma')
          .replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
    ],
  ])('builds %s', async (_, naming) => {
    const checkpoint = await openStored(modelType, wantedBy(modelType, naming));

    const graph = buildGraph(checkpoint);

    expect(graph.outputs).toHaveLength(1);
  });

  it('is refused without any one of its tensors, which is named with its shape', async () => {
    const all = wantedBy(modelType, (name) => name);
    const whole = await openStored(modelType, all);

    for (const [name, { shape }] of Object.entries(all.tensors)) {
      const tensors = new Map([...whole.tensors].filter(([key]) => key !== name));
      const refusal = await refusalOf(() => buildGraph({ ...whole, tensors }));

      expect(refusal.code).toBe('TENSOR_MISSING');
      expect(refusal.what).toContain(`no tensor '${name}' of shape [${shape.join(', ')}]`);
    }
  });

  it('is refused with one more tensor, which is named', async () => {
    const all = wantedBy(modelType, prefixed);
    const extra = { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) };
    const checkpoint = await openStored(modelType, { ...all, tensors: { ...all.tensors, 'extra.\u001b[2J': extra } });

    const refusal = await refusalOf(() => buildGraph(checkpoint));

    expect(refusal).toEqual({ code: 'TENSOR_EXTRA', what: expect.stringMatching(/: 'extra\.\\u001b\[2J' \[1\]$/) });
  });

  it('is refused with any one of its tensors in another shape, which is named with what was expected', async () => {
    const all = wantedBy(modelType, (name) => name);
    const whole = await openStored(modelType, all);

    for (const [name, tensor] of whole.tensors) {
      const wrong = { ...tensor, shape: [...tensor.shape, 3], read: () => new Float32Array() };
      const refusal = await refusalOf(() =>
        buildGraph({ ...whole, tensors: new Map([...whole.tensors, [name, wrong]]) }),
      );

      expect(refusal.code).toBe('TENSOR_SHAPE');
      expect(refusal.what).toContain(
        `'${name}' has shape [${wrong.shape.join(', ')}] where [${tensor.shape.join(', ')}] is expected`,
      );
    }
  });
});
