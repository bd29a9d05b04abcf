import { pickledDict, pickledTensor } from './pickle-bytes.ts';
import { float32 } from './safetensors-bytes.ts';
import { tinyModel } from './tiny-model.ts';
import { type ZipEntry, zipBytes } from './zip-bytes.ts';

/** Storage 0 of the tests: the numbers 1 to 6. */
export const storage: Buffer = float32(1, 2, 3, 4, 5, 6);

/** A state dict of the classifier alone. */
export const plainPickle: Buffer = pickledDict({ 'classifier.weight': pickledTensor() });

/** The entries that torch writes, with a given pickle and the storages by their key. */
export function torchEntries(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: storage },
): ZipEntry[] {
  return [
    { name: 'archive/data.pkl', data: pickle },
    { name: 'archive/byteorder', data: Buffer.from('little') },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
    { name: 'archive/version', data: Buffer.from('3\n') },
  ];
}

/** The smallest model with this pytorch_model.bin. */
export function modelWithBin(bin: Uint8Array): Record<string, Uint8Array | string> {
  const { 'config.json': config, 'vocab.txt': vocabulary } = tinyModel;
  return { 'config.json': config, 'vocab.txt': vocabulary, 'pytorch_model.bin': bin };
}

/** The same with this pickle in it. */
export function modelWithPickle(pickle: Uint8Array): Record<string, Uint8Array | string> {
  return modelWithBin(zipBytes(torchEntries(pickle)));
}
