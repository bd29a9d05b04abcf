import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { checkpointErrors } from './errors.ts';
import { quote } from './quote.ts';
import { formatShape } from './shape.ts';

/** More names than this in one sentence help nobody. */
const maxNamesInMessage = 5;

/**
 * Buffers that some versions of the reference save and that follow from the configuration: token positions, and the
 * zeros that stand for "first segment". Nothing is lost by leaving them out, for any family.
 */
const derivedBuffers: readonly RegExp[] = [/(^|\.)position_ids$/, /^embeddings\.token_type_ids$/];

/**
 * Hands the tensors of a checkpoint to a family's builder and keeps count, so that what the builder did not ask for is
 * found as surely as what the file does not have.
 */
export class TensorReader {
  readonly #tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly #asked = new Set<string>();

  constructor(checkpoint: Pick<Checkpoint, 'tensors'>) {
    this.#tensors = checkpoint.tensors;
  }

  /** Whether the file has a tensor of this name (without the family's prefix); asking does not count as reading. */
  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Shape as stored, or undefined where there is no such tensor; asking does not count as reading. */
  shape(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.shape;
  }

  /**
   * The numbers of a tensor, row-major.
   * @throws TENSOR_MISSING, TENSOR_SHAPE, WEIGHTS_NOT_FINITE
   */
  read(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      const near = nearestName(name, this.#tensors.keys());
      const hint = near === undefined ? '' : `; the nearest name there is ${quote(near)}`;
      throw checkpointErrors.make(
        'TENSOR_MISSING',
        `The weights have no tensor '${name}' of shape ${formatShape(shape)}${hint}`,
      );
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw checkpointErrors.make(
        'TENSOR_SHAPE',
        `Tensor '${name}' has shape ${formatShape(tensor.shape)} where ${formatShape(shape)} is expected`,
      );
    }
    this.#asked.add(name);
    return tensor.read();
  }

  /**
   * Call when the graph is built.
   * @param ignored names (without prefix) that this family may carry and does not use, such as an unused pooler.
   * @throws TENSOR_EXTRA when a tensor is left over that nobody asked for.
   */
  finish(ignored: readonly RegExp[] = []): void {
    const harmless = [...derivedBuffers, ...ignored];
    const extra = [...this.#tensors.keys()].filter(
      (name) => !this.#asked.has(name) && !harmless.some((pattern) => pattern.test(name)),
    );
    if (extra.length === 0) return;
    const named = extra.slice(0, maxNamesInMessage).map((name) => {
      return `${quote(name)} ${formatShape(this.#tensors.get(name)?.shape ?? [])}`;
    });
    const more = extra.length > named.length ? ` and ${extra.length - named.length} more` : '';
    throw checkpointErrors.make(
      'TENSOR_EXTRA',
      `The weights have tensors that this kind of model has no place for: ${named.join(', ')}${more}`,
    );
  }
}

/** The name that shares most with the wanted one at its start and end; undefined where hardly anything is shared. */
function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestShared = Math.floor(wanted.length / 2);
  for (const name of names) {
    const shared = sharedEnds(wanted, name);
    if (shared > bestShared) {
      best = name;
      bestShared = shared;
    }
  }
  return best;
}

function sharedEnds(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end += 1;
  return start + end;
}
