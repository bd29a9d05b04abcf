import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface SessionOptions {
  /** Threads inside one run; more than one do not spin, so that they leave the core to others (fact R4). */
  readonly threads: number;
  /** Fills short rows of a batch. */
  readonly padTokenId: number;
}

export interface BatchLogits {
  /** Row-major: [batch, labels], or [batch, sequence, labels]. */
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** One model in memory. Runs block the thread that they are called on (fact R1). */
export interface ModelSession {
  /** Token ids with specials, one array a text, in any lengths; short ones are padded on the right. */
  run(batch: readonly Int32Array[]): Promise<BatchLogits>;
  close(): Promise<void>;
}

/** Loads a model by its path, so that its weights stay outside the JavaScript heap (fact P8). */
export async function openSession(modelPath: string, { threads, padTokenId }: SessionOptions): Promise<ModelSession> {
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'basic', // 'all' fuses what is slower fused (fact P3)
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(threads > 1 ? { extra: { session: { intra_op: { allow_spinning: '0' } } } } : {}),
  });
  const takesLengths = session.inputNames.includes('lengths');
  const [output = 'logits'] = session.outputNames;
  return {
    async run(batch) {
      const width = batch.reduce((longest, ids) => Math.max(longest, ids.length), 0);
      const feeds: Record<string, Tensor> = {
        input_ids: new Tensor('int32', padded(batch, width, padTokenId), [batch.length, width]),
      };
      if (takesLengths) {
        feeds.lengths = new Tensor(
          'int32',
          Int32Array.from(batch, (ids) => ids.length),
          [batch.length],
        );
      }
      const logits = (await session.run(feeds))[output];
      if (logits === undefined) throw new Error(`the model has no output ${output}`);
      return { data: logits.data as Float32Array, dims: logits.dims }; // the manifest's face: float32 logits
    },
    close: () => session.release(),
  };
}

function padded(batch: readonly Int32Array[], width: number, padTokenId: number): Int32Array {
  const [only] = batch;
  if (only && batch.length === 1) return only;
  const ids = new Int32Array(batch.length * width).fill(padTokenId);
  for (const [row, text] of batch.entries()) ids.set(text, row * width);
  return ids;
}
