import type { Tensor } from 'onnxruntime-node';
import { binding, initOrt } from 'onnxruntime-node/dist/binding.js';

export interface SessionOptions {
  /** Threads inside one run; more than one do not spin, so that they leave the core to others (fact R4). */
  readonly threads: number;
  /** Fills short rows of a batch. */
  readonly padTokenId: number;
}

export interface BatchLogits {
  /** Row-major: [batch, labels], or [batch, sequence, labels]. Overwritten by the next run. */
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** One model in memory. Runs block the thread that they are called on (fact R1). */
export interface ModelSession {
  /** Token ids with specials, one array a text, in any lengths; short ones are padded on the right. */
  run(batch: readonly Int32Array[]): BatchLogits;
  close(): void;
}

/** What the binding reads of a tensor. Made once and refilled: a `Tensor` checks again what is right by construction. */
interface Feed {
  readonly type: 'int32';
  readonly location: 'cpu';
  data: Int32Array;
  dims: number[];
}

/**
 * Loads a model by its path, so that its weights stay outside the JavaScript heap (fact P8). It goes to the binding itself:
 * the package's own wrapper waits for a turn of the event loop before each run, which blocks in any case (docs/decisions).
 */
export function openSession(modelPath: string, { threads, padTokenId }: SessionOptions): ModelSession {
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(modelPath, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'basic', // 'all' fuses what is slower fused (fact P3)
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(threads > 1 ? { extra: { session: { intra_op: { allow_spinning: '0' } } } } : {}),
  });
  const takesLengths = session.inputMetadata.some(({ name }) => name === 'lengths');
  const output = session.outputMetadata[0]?.name ?? 'logits';
  const inputIds: Feed = { type: 'int32', location: 'cpu', data: new Int32Array(), dims: [0, 0] };
  const lengths: Feed = { type: 'int32', location: 'cpu', data: new Int32Array(), dims: [0] };
  // The binding reads these four properties and no more.
  const feeds = (takesLengths ? { input_ids: inputIds, lengths } : { input_ids: inputIds }) as unknown as Record<
    string,
    Tensor
  >;
  const fetches = { [output]: null };
  const options = {};
  return {
    run(batch) {
      let width = 0;
      for (const ids of batch) if (ids.length > width) width = ids.length;
      inputIds.data = padded(batch, width, padTokenId);
      inputIds.dims = [batch.length, width];
      if (takesLengths) {
        lengths.data = Int32Array.from(batch, (ids) => ids.length);
        lengths.dims = [batch.length];
      }
      const logits = session.run(feeds, fetches, options)[output];
      if (logits === undefined) throw new Error(`the model has no output ${output}`);
      return { data: logits.data as Float32Array, dims: logits.dims }; // the manifest's face: float32 logits
    },
    close: () => session.dispose(),
  };
}

function padded(batch: readonly Int32Array[], width: number, padTokenId: number): Int32Array {
  const [only] = batch;
  if (only && batch.length === 1) return only;
  const ids = new Int32Array(batch.length * width).fill(padTokenId);
  for (const [row, text] of batch.entries()) ids.set(text, row * width);
  return ids;
}
