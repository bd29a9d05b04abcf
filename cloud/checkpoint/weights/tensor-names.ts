import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';

/** Prefix of the encoder's tensors by family; heads stand beside it without one. */
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

/**
 * The name that builders know a tensor by: without the family's prefix or that of DataParallel, and with LayerNorm's
 * parameters called as they are today (files converted from TensorFlow call them gamma and beta).
 */
export function plainName(name: string, modelType: string): string {
  const prefix = prefixes[modelType] ?? '';
  let plain = name.startsWith('module.') ? name.slice('module.'.length) : name;
  if (prefix !== '' && plain.startsWith(prefix)) plain = plain.slice(prefix.length);
  return plain
    .replace(/(LayerNorm|layer_norm)\.gamma$/, '$1.weight')
    .replace(/(LayerNorm|layer_norm)\.beta$/, '$1.bias');
}

/** Tensors by plain name. @throws TENSOR_NAME_COLLISION where two names of the file become one. */
export function byPlainName<Tensor extends { readonly name: string }>(
  tensors: Iterable<Tensor>,
  modelType: string,
): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  for (const tensor of tensors) {
    const plain = plainName(tensor.name, modelType);
    const other = named.get(plain);
    if (other !== undefined) {
      throw checkpointErrors.make(
        'TENSOR_NAME_COLLISION',
        `The weights have both ${quote(other.name)} and ${quote(tensor.name)}, which are one tensor to this family`,
      );
    }
    named.set(plain, tensor);
  }
  return named;
}
