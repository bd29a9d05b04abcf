import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { CheckpointSource } from './checkpoint.ts';
import { type ModelFiles, onnxFile, weightFiles } from './model-files.ts';

/** Digest of the weights (their files one after the other, by name) where there is no archive to take it of. */
export async function digestWeights(
  files: ModelFiles,
  kind: CheckpointSource['kind'],
  name: string,
  signal: AbortSignal | undefined,
): Promise<CheckpointSource> {
  const onnx = onnxFile(files);
  const weights = weightFiles(files);
  const paths = weights.length > 0 ? weights.map(([, { path }]) => path) : [files.get(onnx ?? '')?.path ?? ''];
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { signal })) {
      // A read stream without an encoding yields buffers.
      const bytes = chunk as Buffer;
      hash.update(bytes);
      sizeBytes += bytes.length;
    }
  }
  return { kind, name, sha256: hash.digest('hex'), sizeBytes };
}
