import { InferenceSession, Tensor } from 'onnxruntime-node';
import { quantiseErrors } from './errors.ts';

/** Runs one text through a model file at a time, every output handed back. Compile time only; the device has its engine. */
export interface GraphRunner {
  /** @param ids token ids of one text with specials */
  run(ids: Int32Array): Promise<ReadonlyMap<string, RunOutput>>;
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
  return {
    async run(ids) {
      const feeds: Record<string, Tensor> = { input_ids: new Tensor('int32', ids, [1, ids.length]) };
      if (takesLengths) feeds.lengths = new Tensor('int32', Int32Array.of(ids.length), [1]);
      const found = await orRefused(session.run(feeds));
      const outputs = new Map<string, RunOutput>();
      for (const [name, tensor] of Object.entries(found)) {
        outputs.set(name, { data: tensor.data as Float32Array, dims: tensor.dims }); // our graphs put out float32 only
      }
      return outputs;
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
