import type { StoredType } from '../element-type.ts';

/** What a pickle of tensors can hold. Nothing here is a program. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | { readonly kind: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly kind: 'list'; readonly items: PickleValue[] }
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

/** `dict` and `OrderedDict`; state dicts have strings for keys. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<string, PickleValue>;
}

/** One of the few names that a pickle of tensors may call. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: AllowedGlobal;
}

/** A run of numbers in a file of its own inside the archive. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: StoredType;
  readonly elements: number;
}

/** A view of a storage, already checked to lie inside it. */
export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Storage classes, with what they store. */
const storageTypes = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
} as const satisfies Record<string, StoredType>;

/** Functions whose effect we know and carry out ourselves. */
const functions = [
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
] as const;

export type AllowedGlobal = keyof typeof storageTypes | (typeof functions)[number];

export function isAllowedGlobal(name: string): name is AllowedGlobal {
  return Object.hasOwn(storageTypes, name) || functions.some((allowed) => allowed === name);
}

/** The stored type of a storage class; undefined for a function. */
export function storageType(name: AllowedGlobal): StoredType | undefined {
  return Object.hasOwn(storageTypes, name) ? storageTypes[name as keyof typeof storageTypes] : undefined; // hasOwn has just said so
}
