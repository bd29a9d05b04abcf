import type { Checkpoint, CheckpointTensor, Task } from '../../../../../cloud/checkpoint/checkpoint.ts';
import { memoryCheckpoint, memoryTensor } from '../../../../../cloud/checkpoint/memory-checkpoint.ts';
import { buildGraph } from '../../../../../cloud/compile/families/build-graph.ts';
import type { Graph } from '../../../../../cloud/compile/graph/graph.ts';
import { VergeError } from '../../../../../component/contract/error.ts';

export interface ObligingOptions {
  readonly modelType: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly task?: Task;
}

/** Sizes under the names of every family, so small that a build takes milliseconds. */
const SMALL = {
  hidden_size: 8,
  dim: 8,
  num_hidden_layers: 2,
  n_layers: 2,
  num_attention_heads: 2,
  n_heads: 2,
  intermediate_size: 12,
  hidden_dim: 12,
  embedding_size: 8,
  vocab_size: 10,
  max_position_embeddings: 16,
  pad_token_id: 1,
};

/** A graph built from a checkpoint that holds whatever tensor the builder asks for, all zeros. */
export function buildObligingly(options: ObligingOptions): Graph {
  return buildGraph(obligingCheckpoint(options));
}

/** A checkpoint made by trying: each tensor that the builder misses is added, in the shape that the error names. */
export function obligingCheckpoint({ modelType, config, task = 'text-classification' }: ObligingOptions): Checkpoint {
  const tensors: CheckpointTensor[] = [];
  for (;;) {
    const checkpoint = memoryCheckpoint({ modelType, task, config: { ...SMALL, ...config } }, tensors);
    try {
      buildGraph(checkpoint);
      return checkpoint;
    } catch (error) {
      if (!(error instanceof VergeError) || error.code !== 'TENSOR_MISSING') throw error;
      const [, name = '', shape = ''] = /'([^']+)' of shape \[([^\]]*)\]/.exec(error.what) ?? [];
      const sizes = shape.split(', ').map(Number);
      const count = sizes.reduce((product, size) => product * size, 1);
      tensors.push(memoryTensor(name, sizes, new Float32Array(count)));
    }
  }
}
