/** Opcodes of a pickle, by the names that Python's pickletools gives them; what takes bytes is a function. */
export const op = {
  proto: (version: number) => Buffer.from([0x80, version]),
  mark: Buffer.from('('),
  stop: Buffer.from('.'),
  none: Buffer.from('N'),
  emptyDict: Buffer.from('}'),
  emptyList: Buffer.from(']'),
  emptyTuple: Buffer.from(')'),
  tuple: Buffer.from('t'),
  tuple1: Buffer.from([0x85]),
  tuple2: Buffer.from([0x86]),
  append: Buffer.from('a'),
  appends: Buffer.from('e'),
  setItem: Buffer.from('s'),
  setItems: Buffer.from('u'),
  reduce: Buffer.from('R'),
  build: Buffer.from('b'),
  persistentId: Buffer.from('Q'),
  stackGlobal: Buffer.from([0x93]),
  put: (index: number) => Buffer.from([0x71, index]),
  get: (index: number) => Buffer.from([0x68, index]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (text: string) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([Buffer.from('X'), length, bytes]);
  },
  /** Any whole number within 64 bits, as LONG1. */
  int: (value: number | bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return Buffer.concat([Buffer.from([0x8a, 8]), bytes]);
  },
} as const;

/** What a test says of a pickled tensor, true or not. */
export interface PickledTensor {
  readonly shape?: readonly (number | Buffer)[];
  readonly strides?: readonly (number | Buffer)[];
  readonly offset?: number;
  readonly key?: string;
  readonly storageClass?: string;
  readonly elements?: number;
  readonly marker?: string;
}

const tupleOf = (items: readonly (number | Buffer)[]) =>
  Buffer.concat([op.mark, ...items.map((item) => (typeof item === 'number' ? op.int(item) : item)), op.tuple]);

/** `('storage', torch.FloatStorage, '0', 'cpu', 6)`, handed to the persistent loader. */
export function pickledStorage({
  key = '0',
  storageClass = 'FloatStorage',
  elements = 6,
  marker = 'storage',
}: PickledTensor): Buffer {
  const id = [op.text(marker), op.global('torch', storageClass), op.text(key), op.text('cpu'), op.int(elements)];
  return Buffer.concat([tupleOf(id), op.persistentId]);
}

/** A call of `_rebuild_tensor_v2`, by default of a 2 × 3 matrix over the whole of storage 0. */
export function pickledTensor(tensor: PickledTensor = {}): Buffer {
  const { shape = [2, 3], strides = [3, 1], offset = 0 } = tensor;
  const hooks = Buffer.concat([op.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce]);
  const args = [pickledStorage(tensor), op.int(offset), tupleOf(shape), tupleOf(strides), Buffer.from([0x89]), hooks];
  return Buffer.concat([op.global('torch._utils', '_rebuild_tensor_v2'), tupleOf(args), op.reduce]);
}

/** A state dict: values by name. */
export function pickledDict(entries: Readonly<Record<string, Buffer>>): Buffer {
  const items = Object.entries(entries).flatMap(([name, value]) => [op.text(name), value]);
  return Buffer.concat([op.proto(2), op.emptyDict, op.mark, ...items, op.setItems, op.stop]);
}
