import { checkpointErrors } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { quote } from '../../quote.ts';
import type { RangeFile } from '../../range-file.ts';
import { elementBytes } from '../element-type.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { runPickle } from './pickle-machine.ts';
import { openStoredZip, type StoredRange, type StoredZip } from './stored-zip.ts';
import type { PickleDict, PickleStorage, PickleTensor } from './values.ts';

/**
 * The tensors of a `pytorch_model.bin`, as torch has saved it since 1.6: a zip of one pickle and one file for each
 * storage. The pickle is read, never run.
 * @throws PICKLE_…
 */
export async function readPickled(file: RangeFile): Promise<StoredTensor[]> {
  checkMagic(file);
  const zip = await openStoredZip(file);
  const root = findRoot(zip, file);
  await checkByteOrder(zip, root, file);
  const pickle = await readEntry(zip, `${root}/data.pkl`, limits.pickleBytes, file);
  const state = runPickle(pickle, `${file.name}/data.pkl`);
  if (typeof state !== 'object' || state?.kind !== 'dict') throw notStateDict(file, 'holds no dictionary');
  const ranges = new Map<string, StoredRange>();
  const tensors: StoredTensor[] = [];
  for (const [name, tensor] of namedTensors(state, file)) {
    tensors.push(stored(name, tensor, await storageRange(tensor.storage, zip, root, ranges, file), file));
  }
  checkApart(ranges, file);
  return tensors;
}

/** Before 1.6 torch saved pickles one after the other; before 0.1.10, a tar. */
function checkMagic(file: RangeFile): void {
  const head = Buffer.from(file.read(0, Math.min(4, file.sizeBytes)));
  if (head.toString('latin1') === 'PK\x03\x04') return;
  if (head[0] === 0x80)
    throw checkpointErrors.make('PICKLE_LEGACY', `${file.name} is of the form that torch saved before version 1.6`);
  throw checkpointErrors.make(
    'PICKLE_NOT_ZIP',
    `${file.name} begins with the bytes ${head.toString('hex') || '(none)'}, which torch never writes`,
  );
}

/** All entries stand in one folder, whose name is that of the file when it was saved. */
function findRoot(zip: StoredZip, file: RangeFile): string {
  const pickles = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw checkpointErrors.make(
      'PICKLE_ENTRY_MISSING',
      `${file.name} has ${pickles.length} entries named data.pkl where one is expected`,
    );
  }
  return pickle.slice(0, -'/data.pkl'.length);
}

async function checkByteOrder(zip: StoredZip, root: string, file: RangeFile): Promise<void> {
  if (!zip.names.includes(`${root}/byteorder`)) return; // written since torch 2.1; before, always little
  const order = Buffer.from(await readEntry(zip, `${root}/byteorder`, 16, file)).toString('latin1');
  if (order === 'little') return;
  throw checkpointErrors.make('PICKLE_BYTE_ORDER', `${file.name} was saved with the byte order ${quote(order)}`);
}

async function readEntry(zip: StoredZip, name: string, maxBytes: number, file: RangeFile): Promise<Uint8Array> {
  const range = await zip.range(name);
  if (range === undefined)
    throw checkpointErrors.make('PICKLE_ENTRY_MISSING', `${file.name} has no entry ${quote(name)}`);
  if (range.sizeBytes > maxBytes) {
    throw checkpointErrors.make(
      'PICKLE_TOO_LARGE',
      `${file.name} has ${range.sizeBytes} bytes in ${quote(name)}, more than ${maxBytes}`,
    );
  }
  return file.read(range.offset, range.sizeBytes);
}

function namedTensors(state: PickleDict, file: RangeFile): [string, PickleTensor][] {
  if (state.entries.size > limits.tensors) {
    throw checkpointErrors.make(
      'PICKLE_TOO_LARGE',
      `${file.name} has ${state.entries.size} tensors, more than ${limits.tensors}`,
    );
  }
  return [...state.entries].map(([name, value]) => {
    if (typeof value !== 'object' || value?.kind !== 'tensor')
      throw notStateDict(file, `has no tensor under ${quote(name)}`);
    if (name.length > limits.tensorNameLength) {
      throw checkpointErrors.make(
        'TENSOR_NAME_TOO_LONG',
        `${file.name}: tensor ${quote(name)} has a name of ${name.length} characters`,
      );
    }
    return [name, value];
  });
}

async function storageRange(
  storage: PickleStorage,
  zip: StoredZip,
  root: string,
  known: Map<string, StoredRange>,
  file: RangeFile,
): Promise<StoredRange> {
  const name = `${root}/data/${storage.key}`;
  const range = known.get(name) ?? (await zip.range(name));
  if (range === undefined)
    throw checkpointErrors.make('PICKLE_ENTRY_MISSING', `${file.name} has no entry ${quote(name)}`);
  known.set(name, range);
  const expected = storage.elements * elementBytes[storage.type];
  if (range.sizeBytes !== expected) {
    throw checkpointErrors.make(
      'PICKLE_STORAGE_SIZE',
      `${file.name} has ${range.sizeBytes} bytes in ${quote(name)} where ${storage.elements} numbers of type ${storage.type} take ${expected}`,
    );
  }
  return range;
}

/** Storages that share bytes are a trick: each number of a model stands in its file once. */
function checkApart(ranges: ReadonlyMap<string, StoredRange>, file: RangeFile): void {
  let [lastName, lastEnd] = ['', 0];
  for (const [name, { offset, sizeBytes }] of [...ranges].toSorted(
    ([, left], [, right]) => left.offset - right.offset,
  )) {
    if (sizeBytes === 0) continue;
    if (offset < lastEnd) {
      throw checkpointErrors.make(
        'PICKLE_ZIP_BAD',
        `${file.name} has the entries ${quote(lastName)} and ${quote(name)} in the same bytes`,
      );
    }
    [lastName, lastEnd] = [name, offset + sizeBytes];
  }
}

function stored(name: string, tensor: PickleTensor, range: StoredRange, file: RangeFile): StoredTensor {
  const { shape, strides, storage, offset } = tensor;
  const reach = shape.reduce((at, length, axis) => at + (length - 1) * (strides[axis] ?? 0), 1);
  return {
    name,
    shape,
    type: storage.type,
    file,
    offset: range.offset + offset * elementBytes[storage.type],
    storageElements: reach,
    strides: isRowMajor(shape, strides) ? undefined : strides,
  };
}

/** Whether the elements stand in the file as they are read. An axis of one element may have any stride. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] ?? 0;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

function notStateDict(file: RangeFile, what: string): Error {
  return checkpointErrors.make('PICKLE_NOT_STATE_DICT', `${file.name} ${what}`);
}
