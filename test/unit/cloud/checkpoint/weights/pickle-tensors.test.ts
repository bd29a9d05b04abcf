import { describe, expect, it } from 'vitest';
import { type PickledTensor, pickledDict, pickledTensor } from '../../../../support/hostile/pickle-bytes.ts';
import {
  modelWithBin,
  modelWithPickle,
  plainPickle,
  storage,
  torchEntries,
} from '../../../../support/hostile/pickled-model.ts';
import { openFiles, refusalOf, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { zipBytes } from '../../../../support/hostile/zip-bytes.ts';

const dictOf = (tensor: PickledTensor) => pickledDict({ 'classifier.weight': pickledTensor(tensor) });
const refuseBin = (bin: Uint8Array) => refuseFiles(modelWithBin(bin));

describe('a pickled tensor', () => {
  it.each<[string, PickledTensor, number[]]>([
    ['whole', {}, [1, 2, 3, 4, 5, 6]],
    ['turned', { shape: [2, 3], strides: [1, 2] }, [1, 3, 5, 2, 4, 6]],
    ['from an offset', { shape: [2, 2], strides: [2, 1], offset: 2 }, [3, 4, 5, 6]],
    ['with gaps', { shape: [2, 2], strides: [3, 2] }, [1, 3, 4, 6]],
    ['with any stride where it has one element', { shape: [2, 1, 3], strides: [3, 99, 1] }, [1, 2, 3, 4, 5, 6]],
    ['with its rows over each other', { shape: [2, 2], strides: [1, 1] }, [1, 2, 2, 3]],
  ])('is read row after row: %s', async (_, tensor, expected) => {
    const { tensors } = await openFiles(modelWithPickle(dictOf(tensor)));

    expect([...(tensors.get('classifier.weight')?.read() ?? [])]).toEqual(expected);
  });

  it.each<[string, PickledTensor]>([
    ['an offset beyond its storage', { offset: 1 }],
    ['an offset beyond all storages', { offset: 2 ** 50 }],
    ['strides beyond its storage', { strides: [4, 1] }],
    ['strides beyond float64', { strides: [2 ** 52, 2 ** 52] }],
    ['more numbers than its storage, all the same', { shape: [2, 100_000], strides: [0, 0] }],
    ['a storage beyond all bounds', { elements: 2 ** 50 }],
  ])('is refused when it has %s', async (_, tensor) => {
    const refusal = await refuseFiles(modelWithPickle(dictOf(tensor)));

    expect(refusal).toEqual({
      code: 'PICKLE_TENSOR_OUTSIDE',
      what: expect.stringMatching(/in a storage of \d+ elements/),
    });
  });

  it.each<[string, PickledTensor]>([
    ['a negative size', { shape: [-2, 3] }],
    ['a negative stride', { strides: [-3, 1] }],
    ['a negative offset', { offset: -1 }],
    ['sizes that overflow', { shape: [2 ** 40, 2 ** 40] }],
    ['nine dimensions', { shape: Array(9).fill(1), strides: Array(9).fill(1) }],
    ['fewer strides than sizes', { strides: [1] }],
  ])('is refused when it has %s', async (_, tensor) => {
    const refusal = await refuseFiles(modelWithPickle(dictOf(tensor)));

    expect(refusal.code).toBe('PICKLE_TENSOR_BAD');
  });

  it.each<[string, PickledTensor]>([
    ['another marker', { marker: 'module' }],
    ['a path for a key', { key: '../data.pkl' }],
    ['an endless key', { key: '1'.repeat(10) }],
    ['a negative length', { elements: -1 }],
  ])('is refused when its storage is named by %s', async (_, tensor) => {
    const refusal = await refuseFiles(modelWithPickle(dictOf(tensor)));

    expect(refusal).toEqual({ code: 'PICKLE_MALFORMED', what: expect.stringContaining('refers to a storage') });
  });

  it.each<[string, PickledTensor, string]>([
    ['is of another length', { elements: 7 }, 'PICKLE_STORAGE_SIZE'],
    ['is of another type', { storageClass: 'DoubleStorage' }, 'PICKLE_STORAGE_SIZE'],
    ['is not there', { key: '1' }, 'PICKLE_ENTRY_MISSING'],
  ])('is refused when its storage %s', async (_, tensor, code) => {
    const refusal = await refuseFiles(modelWithPickle(dictOf(tensor)));

    expect(refusal).toEqual({ code, what: expect.stringMatching(/'archive\/data\/[01]'/) });
  });

  it('is refused when its name is too long', async () => {
    const refusal = await refuseFiles(modelWithPickle(pickledDict({ ['x'.repeat(513)]: pickledTensor() })));

    expect(refusal).toEqual({
      code: 'TENSOR_NAME_TOO_LONG',
      what: expect.stringContaining('a name of 513 characters'),
    });
  });

  it('is refused with its place when it is no number', async () => {
    const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4, Number.NaN, 6).buffer);
    const bin = zipBytes(torchEntries(dictOf({ shape: [3, 2], strides: [1, 3] }), { 0: numbers }));
    const config = JSON.stringify({ model_type: 'bert', architectures: ['BertForTokenClassification'], num_labels: 3 });
    const { tensors } = await openFiles({ ...modelWithBin(bin), 'config.json': config });

    const refusal = await refusalOf(() => tensors.get('classifier.weight')?.read());

    expect(refusal).toEqual({
      code: 'WEIGHTS_NOT_FINITE',
      what: "Tensor 'classifier.weight' in pytorch_model.bin holds NaN at [1, 1]",
    });
  });
});

describe('the zip around a pickle', () => {
  const plain = torchEntries(plainPickle);
  const changed = (name: string, change: object) =>
    zipBytes(plain.map((entry) => (entry.name === `archive/${name}` ? { ...entry, ...change } : entry)));

  it.each([false, true])('opens, with records for large files: %s', async (zip64) => {
    const { tensors } = await openFiles(modelWithBin(zipBytes(plain, { zip64 })));

    expect([...(tensors.get('classifier.weight')?.read() ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each<[string, Uint8Array, string]>([
    ['a compressed storage', changed('data/0', { method: 8 }), 'PICKLE_ZIP_COMPRESSED'],
    ['a compressed pickle', changed('data.pkl', { method: 8 }), 'PICKLE_ZIP_COMPRESSED'],
    ['an encrypted storage', changed('data/0', { flags: 1, uncompressedBytes: 12 }), 'PICKLE_ZIP_COMPRESSED'],
    [
      'a storage beyond its end',
      changed('data/0', { compressedBytes: 9999, uncompressedBytes: 9999 }),
      'PICKLE_ZIP_BAD',
    ],
    ['two sizes of one entry', changed('data/0', { uncompressedBytes: 12 }), 'PICKLE_ZIP_BAD'],
    ['a storage that starts beyond its end', changed('data/0', { offset: 99_999 }), 'PICKLE_ZIP_BAD'],
    ['a storage that starts where no entry does', changed('data/0', { offset: 1 }), 'PICKLE_ZIP_BAD'],
    [
      'a pickle beyond the bounds',
      changed('data.pkl', { compressedBytes: 2 ** 31, uncompressedBytes: 2 ** 31 }),
      'PICKLE_ZIP_BAD',
    ],
    ['an entry twice', zipBytes([...plain, ...plain.slice(2, 3)]), 'PICKLE_ZIP_BAD'],
    ['an entry outside', zipBytes([...plain, { name: '../x', data: storage }]), 'PICKLE_ZIP_BAD'],
    ['more entries than it has', zipBytes(plain, { entryCount: 9 }), 'PICKLE_ZIP_BAD'],
    ['more entries than any model', zipBytes(plain, { zip64: true, entryCount: 200_003 }), 'PICKLE_ZIP_TOO_MANY'],
    ['a directory beyond its end', zipBytes(plain, { directoryOffset: 99_999 }), 'PICKLE_ZIP_BAD'],
    ['no directory', zipBytes(plain).subarray(0, -30), 'PICKLE_ZIP_BAD'],
    ['two pickles', zipBytes([...plain, { name: 'other/data.pkl', data: plainPickle }]), 'PICKLE_ENTRY_MISSING'],
    ['no pickle', zipBytes(plain.slice(1)), 'PICKLE_ENTRY_MISSING'],
    ['the code of TorchScript', zipBytes([{ name: 'archive/constants.pkl', data: storage }]), 'PICKLE_ENTRY_MISSING'],
    ['the other byte order', changed('byteorder', { data: Buffer.from('big') }), 'PICKLE_BYTE_ORDER'],
    ['a long byte order', changed('byteorder', { data: Buffer.alloc(17, 'x') }), 'PICKLE_TOO_LARGE'],
    ['no zip', Buffer.from('hello'), 'PICKLE_NOT_ZIP'],
    ['no bytes', Buffer.alloc(0), 'PICKLE_NOT_ZIP'],
    ['a bare pickle', plainPickle, 'PICKLE_LEGACY'],
  ])('is refused with %s', async (_, bin, code) => {
    const refusal = await refuseBin(bin);

    expect(refusal).toEqual({ code, what: expect.stringMatching(/^pytorch_model\.bin /) });
  });

  it('is refused when two storages stand in the same bytes', async () => {
    const pickle = pickledDict({ 'classifier.weight': pickledTensor(), x: pickledTensor({ key: '1' }) });
    const entries = torchEntries(pickle, { 0: storage, 1: storage });
    const bin = zipBytes(
      entries.map((entry) => (entry.name.endsWith('/1') ? { ...entry, offset: offsetOf(entries, 2) } : entry)),
    );

    const refusal = await refuseBin(bin);

    expect(refusal).toEqual({
      code: 'PICKLE_ZIP_BAD',
      what: expect.stringContaining("'archive/data/0' and 'archive/data/1' in the same bytes"),
    });
  });
});

function offsetOf(entries: readonly { name: string; data: Uint8Array }[], index: number): number {
  return entries.slice(0, index).reduce((at, { name, data }) => at + 30 + name.length + data.length, 0);
}
