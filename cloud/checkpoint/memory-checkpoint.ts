import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';

/** A tensor whose numbers are already in memory. */
export function memoryTensor(name: string, shape: readonly number[], values: Float32Array): CheckpointTensor {
  return { name, shape, storedType: 'F32', read: () => values.slice() };
}

/** What a test or a tool says about a checkpoint that never was a file; the rest has plain defaults. */
export type MemoryCheckpointParts = Pick<Checkpoint, 'modelType' | 'config'> & Partial<Omit<Checkpoint, 'tensors'>>;

/** A checkpoint from tensors in memory, for callers that have no file to open. */
export function memoryCheckpoint(parts: MemoryCheckpointParts, tensors: Iterable<CheckpointTensor>): Checkpoint {
  const byName = new Map([...tensors].map((tensor) => [tensor.name, tensor]));
  let parameters = 0;
  for (const tensor of byName.values()) parameters += tensor.shape.reduce((product, size) => product * size, 1);
  return {
    source: { kind: 'file', name: 'memory', sha256: '0'.repeat(64), sizeBytes: 0 },
    task: 'text-classification',
    problemType: 'single_label_classification',
    labels: ['negative', 'positive'],
    parameters,
    float32Bytes: parameters * Float32Array.BYTES_PER_ELEMENT,
    tokenizerJson: new Uint8Array(),
    maxLength: 512,
    onnxPath: undefined,
    warnings: [],
    close: () => Promise.resolve(),
    ...parts,
    tensors: byName,
  };
}
