import { checkpointErrors } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { elementCount, formatShape, isCount, isShape } from '../../shape.ts';
import { type PickleStorage, type PickleTensor, type PickleValue, storageType } from './values.ts';

/** Does what the named function would do, for the few functions that rebuild a state dict. */
export function callGlobal(callable: PickleValue, args: PickleValue, place: string): PickleValue {
  if (typeof callable !== 'object' || callable?.kind !== 'global') {
    throw checkpointErrors.make('PICKLE_MALFORMED', `${place} calls a value that is no function`);
  }
  const items = typeof args === 'object' && args?.kind === 'tuple' ? args.items : undefined;
  switch (callable.name) {
    case 'collections.OrderedDict':
      if (items?.length === 0) return { kind: 'dict', entries: new Map() };
      break;
    case 'torch._utils._rebuild_parameter': {
      const [tensor] = items ?? [];
      if (typeof tensor === 'object' && tensor?.kind === 'tensor') return tensor;
      break;
    }
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
      return rebuildTensor(items ?? [], place);
  }
  throw checkpointErrors.make(
    'PICKLE_MALFORMED',
    `${place} calls ${callable.name} with arguments that torch never gives it`,
  );
}

/** `('storage', torch.FloatStorage, '0', 'cpu', 12800)`: where the numbers are, in place of the numbers. */
export function storageFromId(id: PickleValue, place: string): PickleStorage {
  const items = typeof id === 'object' && id?.kind === 'tuple' ? id.items : [];
  const [marker, storageClass, key, , elements] = items;
  const type =
    typeof storageClass === 'object' && storageClass?.kind === 'global' ? storageType(storageClass.name) : undefined;
  if (
    marker !== 'storage' ||
    type === undefined ||
    typeof key !== 'string' ||
    !/^\d{1,9}$/.test(key) ||
    !isCount(elements)
  ) {
    throw checkpointErrors.make('PICKLE_MALFORMED', `${place} refers to a storage in a way that torch never does`);
  }
  return { kind: 'storage', key, type, elements };
}

function rebuildTensor(args: readonly PickleValue[], place: string): PickleTensor {
  const [storage, offset, size, stride] = args;
  const shape = numbers(size);
  const strides = numbers(stride);
  if (
    typeof storage !== 'object' ||
    storage?.kind !== 'storage' ||
    !isCount(offset) ||
    !isShape(shape) ||
    !Array.isArray(strides) ||
    !strides.every(isCount) ||
    shape.length !== strides.length
  ) {
    throw checkpointErrors.make(
      'PICKLE_TENSOR_BAD',
      `${place} has a tensor of shape ${describeNumbers(shape)} and strides ${describeNumbers(strides)}`,
    );
  }
  const count = elementCount(shape);
  const last = count === 0 ? -1 : shape.reduce((at, length, axis) => at + (length - 1) * (strides[axis] ?? 0), offset);
  // A tensor that repeats one number a billion times (torch's `expand`) would take memory that the file never had.
  if (!(last < storage.elements) || count > storage.elements || storage.elements > limits.weightsBytes) {
    throw checkpointErrors.make(
      'PICKLE_TENSOR_OUTSIDE',
      `${place} has a tensor of shape ${formatShape(shape)}, strides ${formatShape(strides)} and offset ${offset} in a storage of ${storage.elements} elements`,
    );
  }
  return { kind: 'tensor', storage, offset, shape, strides };
}

function numbers(value: PickleValue | undefined): unknown[] | undefined {
  return typeof value === 'object' && value?.kind === 'tuple' ? [...value.items] : undefined;
}

/** A pickled list can hold itself, or grow without end when it is written out: only its own numbers are shown. */
function describeNumbers(values: readonly unknown[] | undefined): string {
  if (values === undefined) return '(none)';
  const shown = values.slice(0, limits.dimensions).map((value) => (typeof value === 'number' ? String(value) : '?'));
  return `[${shown.join(', ')}${values.length > shown.length ? ', …' : ''}]`;
}
