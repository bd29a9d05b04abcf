import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ModelFile, ModelFiles } from '../model-files.ts';
import { RangeFile } from '../range-file.ts';
import { readFileBounded } from '../read-file.ts';
import { readPickled } from './pickle/pytorch-file.ts';
import { readSafetensors } from './safetensors.ts';
import { checkShard, parseShardIndex } from './shard-index.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** One way in which weights are saved. */
interface WeightFormat {
  readonly single: string;
  readonly index: string;
  readonly shardName: RegExp;
  read(file: RangeFile): StoredTensor[] | Promise<StoredTensor[]>;
}

/** In the reference's order of preference. */
const formats: readonly WeightFormat[] = [
  {
    single: 'model.safetensors',
    index: 'model.safetensors.index.json',
    shardName: /^model-\d{5}-of-\d{5}\.safetensors$/,
    read: readSafetensors,
  },
  {
    single: 'pytorch_model.bin',
    index: 'pytorch_model.bin.index.json',
    shardName: /^pytorch_model-\d{5}-of-\d{5}\.bin$/,
    read: readPickled,
  },
];

/** Opened weights: where each tensor stands, and the files to close. */
export interface OpenedWeights {
  readonly tensors: readonly StoredTensor[];
  readonly files: readonly RangeFile[];
}

/** Opens the weights of a model; undefined where it has none (a finished ONNX model has no need of them). */
export async function openWeights(files: ModelFiles): Promise<OpenedWeights | undefined> {
  for (const format of formats) {
    const single = files.get(format.single);
    const index = files.get(format.index);
    if (single !== undefined) return openFiles([[format.single, single, undefined]], format);
    if (index !== undefined) return openFiles(await shardsOf(index, files, format), format);
  }
  return undefined;
}

type WeightFile = readonly [name: string, file: ModelFile, expected: ReadonlySet<string> | undefined];

async function shardsOf(index: ModelFile, files: ModelFiles, format: WeightFormat): Promise<WeightFile[]> {
  const bytes = await readFileBounded(index, format.index, limits.shardIndexBytes);
  const shards = parseShardIndex(bytes, format.index, format.shardName);
  return [...shards].map(([name, expected]) => {
    const file = files.get(name);
    if (file === undefined) {
      throw checkpointErrors.make('SHARD_MISSING', `${format.index} names the shard ${name}, which is not there`);
    }
    return [name, file, expected];
  });
}

async function openFiles(weightFiles: readonly WeightFile[], format: WeightFormat): Promise<OpenedWeights> {
  const opened: RangeFile[] = [];
  try {
    const tensors: StoredTensor[] = [];
    for (const [name, { path }, expected] of weightFiles) {
      const file = new RangeFile(path, name);
      opened.push(file);
      const found = await format.read(file);
      if (expected !== undefined) checkShard(name, expected, found);
      tensors.push(...found);
    }
    return { tensors, files: opened };
  } catch (error) {
    for (const file of opened) file.close();
    throw error;
  }
}
