import { applyNorm } from '../graph/layers.ts';
import { add, int, ints, multiply, transpose } from '../graph/operators.ts';
import { activate, activationNamed } from './activation.ts';
import type { BertSizes } from './bert.ts';
import { type FamilyContext, readNorm } from './encoder.ts';
import { familyErrors } from './errors.ts';
import { tokenMask } from './token-mask.ts';

/**
 * The convolution of DeBERTa v2's largest models: over the embeddings, added to the first layer's answer, normalised.
 * It is the one place where padding could leak into tokens, so padding is zeroed before.
 */
export function convolve(
  context: FamilyContext,
  { embedded, encoded }: { readonly embedded: string; readonly encoded: string },
  { hidden, epsilon }: BertSizes,
  kernelSize: number,
): string {
  const { graph, config, tensors } = context;
  if (kernelSize % 2 === 0) {
    throw familyErrors.make('FAMILY_CONFIG_RANGE', `config.json: conv_kernel_size is ${kernelSize}, not odd`);
  }
  const groups = config.integer('conv_groups', { min: 1, max: hidden, fallback: 1 });
  if (hidden % groups !== 0) {
    throw familyErrors.make('FAMILY_CONFIG_RANGE', `config.json: conv_groups is ${groups}, no divisor of ${hidden}`);
  }
  const activation = activationNamed(config.text('conv_act', 'tanh'), 'conv_act');
  const shape = [hidden, hidden / groups, kernelSize];
  const weight = graph.weights('convolution.weight', shape, tensors.read('encoder.conv.conv.weight', shape));
  const bias = graph.weights('convolution.bias', [hidden], tensors.read('encoder.conv.conv.bias', [hidden]));

  const mask = graph.node('Unsqueeze', [tokenMask(context, 'convolution.mask'), graph.dimensions(2)], {
    name: 'convolution.mask_column',
  });
  const masked = multiply(graph, embedded, mask, 'convolution.masked');
  const channels = transpose(graph, masked, [0, 2, 1], 'convolution.channels');
  const padding = (kernelSize - 1) / 2;
  const convolved = graph.node('Conv', [channels, weight, bias], {
    name: 'convolution',
    attributes: { group: int(groups), kernel_shape: ints(kernelSize), pads: ints(padding, padding) },
  });
  const tokens = transpose(graph, convolved, [0, 2, 1], 'convolution.tokens');
  const activated = activate(graph, tokens, activation, 'convolution.activation');
  const sum = add(graph, encoded, activated, 'convolution.residual');
  const norm = readNorm(context, 'encoder.conv.LayerNorm', 'convolution.norm', hidden);
  return applyNorm(graph, sum, norm, { name: 'convolution.norm', epsilon });
}
