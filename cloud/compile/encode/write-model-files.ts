import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../graph/graph.ts';
import { encodeModel, type WeightChunk } from './encode-model.ts';

/** Names of the two files; the model names its weights file inside, so a pair can only be renamed together. */
export interface ModelFileNames {
  readonly model: string;
  readonly weights: string;
}

const DEFAULT_NAMES: ModelFileNames = { model: 'model.onnx', weights: 'model.bin' };

/**
 * Writes a graph as `model.onnx` and `model.bin` into a folder that exists. Weights go from their own memory to the
 * file, tensor by tensor. Returns the absolute path of the model file.
 */
export async function writeModelFiles(graph: Graph, folder: string, names = DEFAULT_NAMES): Promise<string> {
  const encoded = encodeModel(graph, { weightsName: names.weights });
  const file = await open(join(folder, names.weights), 'w');
  try {
    for (const chunk of encoded.weights) await writeChunk(file, chunk);
  } finally {
    await file.close();
  }
  const modelPath = join(folder, names.model);
  await writeFile(modelPath, encoded.model);
  return modelPath;
}

/** Node writes at most 2 GiB at once; the word table of the largest vocabularies is more. */
const MAX_WRITE_BYTES = 2 ** 30;

async function writeChunk(file: FileHandle, chunk: WeightChunk): Promise<void> {
  let done = 0;
  while (done < chunk.bytes.length) {
    // Writing beyond the end leaves zeros in the gap.
    const left = Math.min(chunk.bytes.length - done, MAX_WRITE_BYTES);
    const { bytesWritten } = await file.write(chunk.bytes, done, left, chunk.offsetBytes + done);
    done += bytesWritten;
  }
}
