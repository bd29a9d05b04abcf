import type { GraphBuilder } from '../graph/builder.ts';
import { float } from '../graph/operators.ts';
import { familyErrors } from './errors.ts';

/** A function applied to each element. */
export type Activation = 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu' | 'silu' | 'tanh';

/** Names of transformers' `ACT2CLS` (activations.py), as far as we follow them. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  // Four spellings of one formula: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
  ['gelu_new', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['gelu_accurate', 'gelu-tanh'],
  ['quick_gelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
]);

/** The activation that config.json names under `key`. */
export function activationNamed(name: string, key: string): Activation {
  const activation = ACTIVATIONS.get(name);
  if (activation === undefined) {
    throw familyErrors.make(
      'FAMILY_CONFIG_UNSUPPORTED',
      `config.json: ${key} is ${JSON.stringify(name.slice(0, 100))}; supported are ${[...ACTIVATIONS.keys()].join(', ')}`,
    );
  }
  return activation;
}

/** Applies an activation in one node (inference.md P4). */
export function activate(graph: GraphBuilder, x: string, activation: Activation, name: string): string {
  switch (activation) {
    case 'gelu':
      return graph.node('Gelu', [x], { name, domain: 'com.microsoft' });
    case 'gelu-tanh':
      return graph.node('FastGelu', [x], { name, domain: 'com.microsoft' });
    case 'quick-gelu':
      return graph.node('QuickGelu', [x], { name, domain: 'com.microsoft', attributes: { alpha: float(1.702) } });
    case 'silu':
      // x · sigmoid(alpha · x) with alpha 1 is SiLU, in one kernel.
      return graph.node('QuickGelu', [x], { name, domain: 'com.microsoft', attributes: { alpha: float(1) } });
    case 'relu':
      return graph.node('Relu', [x], { name });
    case 'tanh':
      return graph.node('Tanh', [x], { name });
  }
}
