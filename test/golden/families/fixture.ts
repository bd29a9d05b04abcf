import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Checkpoint, CheckpointTensor } from '../../../cloud/checkpoint/checkpoint.ts';
import { memoryCheckpoint, memoryTensor } from '../../../cloud/checkpoint/memory-checkpoint.ts';

/** One batch and what the reference answers. */
export interface ReferenceCase {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly logits: number[][] | number[][][];
}

export interface Fixture {
  readonly checkpoint: Checkpoint;
  readonly cases: readonly ReferenceCase[];
}

/** Opens a folder that make_architectures.py wrote. Undefined for folders without safetensors. */
export function openFixture(folder: string): Fixture | undefined {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  if (files.length === 0) return undefined;
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const labels = Object.values<string>(config.id2label ?? { 0: 'LABEL_0', 1: 'LABEL_1' });
  return {
    checkpoint: memoryCheckpoint(
      { modelType: config.model_type, task: expected.head, labels, config },
      readSafetensors(files.map((name) => join(folder, name))),
    ),
    cases: expected.cases,
  };
}

const PREFIX = /^(bert|distilbert|roberta|electra|mpnet|albert|deberta|model)\./;

function readSafetensors(paths: readonly string[]): CheckpointTensor[] {
  const tensors: CheckpointTensor[] = [];
  for (const path of paths) {
    const bytes = readFileSync(path);
    const headerSize = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerSize));
    for (const [name, entry] of Object.entries<{ dtype: string; shape: number[]; data_offsets: number[] }>(header)) {
      if (name === '__metadata__') continue;
      const [start = 0, end = 0] = entry.data_offsets;
      const slice = bytes.subarray(8 + headerSize + start, 8 + headerSize + end);
      tensors.push(memoryTensor(name.replace(PREFIX, ''), entry.shape, widen(slice, entry.dtype)));
    }
  }
  return tensors;
}

function widen(bytes: Buffer, type: string): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'F32') return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    const bits = view.getUint16(2 * i, true);
    if (type === 'BF16') return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits >> 15 ? -size : size;
  });
}

/** Runs a model file on one batch: logits, flat, and their shape. */
export async function run(session: InferenceSession, batch: ReferenceCase): Promise<Tensor> {
  const ids = batch.input_ids;
  const width = ids[0]?.length ?? 0;
  const lengths = batch.attention_mask.map((row) => row.reduce((sum, item) => sum + item, 0));
  const answers = await session.run({
    input_ids: new Tensor('int32', Int32Array.from(ids.flat()), [ids.length, width]),
    lengths: new Tensor('int32', Int32Array.from(lengths), [ids.length]),
  });
  const logits = answers.logits;
  if (logits === undefined) throw new Error('no output logits');
  return logits;
}

/** A session as the device opens it (inference.md P3). */
export function openSession(modelPath: string): Promise<InferenceSession> {
  return InferenceSession.create(modelPath, { graphOptimizationLevel: 'basic', intraOpNumThreads: 1 });
}
