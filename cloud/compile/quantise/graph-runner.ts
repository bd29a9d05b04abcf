import { InferenceSession, Tensor } from 'onnxruntime-node';
import { quantiseErrors } from './errors.ts';

/** Runs one text through a model file at a time, every output handed back. Compile time only; the device has its engine. */
export interface GraphRunner {
  /** @param ids token ids of one text with specials */
  run(ids: Int32Array): Promise<ReadonlyMap<string, RunOutput>>;
  /** Logits of several texts in one run, flat: one row, or one for each of the text's own tokens. */
  runBatch(texts: readonly Int32Array[], padTokenId: number): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export interface RunOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * Opens a model of our face (`input_ids`, `lengths`). One thread, so that sums come in one order and the same input
 * gives the same bytes; graph level `basic`, as on the device (fact P3).
 *
 * @throws VergeError COMPILE_GRAPH_UNRUNNABLE, here and at every run
 */
export async function openGraphRunner(modelPath: string): Promise<GraphRunner> {
  const session = await orRefused(
    InferenceSession.create(modelPath, {
      graphOptimizationLevel: 'basic',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    }),
  );
  const takesLengths = session.inputNames.includes('lengths');
  const feed = (texts: readonly Int32Array[], padTokenId: number): Promise<InferenceSession.ReturnType> => {
    const width = texts.reduce((longest, ids) => Math.max(longest, ids.length), 0);
    const padded = new Int32Array(texts.length * width).fill(padTokenId);
    for (const [row, ids] of texts.entries()) padded.set(ids, row * width);
    const feeds: Record<string, Tensor> = { input_ids: new Tensor('int32', padded, [texts.length, width]) };
    const lengths = Int32Array.from(texts, (ids) => ids.length);
    if (takesLengths) feeds.lengths = new Tensor('int32', lengths, [texts.length]);
    return orRefused(session.run(feeds));
  };
  return {
    async run(ids) {
      const found = await feed([ids], 0);
      const outputs = new Map<string, RunOutput>();
      for (const [name, tensor] of Object.entries(found)) {
        outputs.set(name, { data: tensor.data as Float32Array, dims: tensor.dims }); // our graphs put out float32 only
      }
      return outputs;
    },
    async runBatch(texts, padTokenId) {
      const logits = (await feed(texts, padTokenId)).logits;
      if (logits === undefined) return texts.map(() => new Float32Array());
      const data = logits.data as Float32Array; // our graphs put out float32 only
      const [, second = 1, third] = logits.dims;
      return texts.map((ids, row) => {
        const start = row * second * (third ?? 1);
        return data.slice(start, start + (third === undefined ? second : ids.length * third));
      });
    },
    close: () => session.release(),
  };
}

/** ONNX Runtime's own words in one line, without the path of our scratch file. */
async function orRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const said = (error instanceof Error ? error.message : String(error))
      .replace(/^Load model from \S+ failed: ?/, '')
      .replace(/\s+/g, ' ')
      .slice(0, 300);
    throw quantiseErrors.make('COMPILE_GRAPH_UNRUNNABLE', `ONNX Runtime does not run the model: ${said}`, error);
  }
}
