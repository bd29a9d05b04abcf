import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** One batch and what the reference answers. */
export interface ReferenceCase {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly logits: number[][] | number[][][];
}

/** The batches of a folder that make_architectures.py wrote. */
export function referenceCases(folder: string): readonly ReferenceCase[] {
  return JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).cases;
}

/** A session as the device opens it (inference.md P3). */
export function openSession(modelPath: string): Promise<InferenceSession> {
  return InferenceSession.create(modelPath, { graphOptimizationLevel: 'basic', intraOpNumThreads: 1 });
}

/** Runs a model on one batch. */
export async function run(session: InferenceSession, batch: ReferenceCase): Promise<Float32Array> {
  const ids = batch.input_ids;
  const lengths = batch.attention_mask.map((row) => row.reduce((sum, item) => sum + item, 0));
  const answers = await session.run({
    input_ids: new Tensor('int32', Int32Array.from(ids.flat()), [ids.length, ids[0]?.length ?? 0]),
    lengths: new Tensor('int32', Int32Array.from(lengths), [ids.length]),
  });
  const logits = answers.logits?.data;
  if (!(logits instanceof Float32Array)) throw new Error('no float32 output named logits');
  return logits;
}
