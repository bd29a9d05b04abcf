import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SideOptions } from './protocol.ts';
import { type Side, serveSide } from './serve-side.ts';

// The peer's side: transformers.js with its own ONNX Runtime and its own quantised model.

/** Its padding makes larger batches slower still. */
const BATCH = 32;

interface Answer {
  readonly label: string;
}

/** What is used of transformers.js; it is installed beside us, so its own types are not at hand. */
interface Transformers {
  readonly env: { localModelPath: string; allowLocalModels: boolean; allowRemoteModels: boolean };
  pipeline(
    task: 'text-classification',
    model: string,
    options: { quantized: boolean },
  ): Promise<(texts: string | string[]) => Promise<Answer[]>>;
}

interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array | string, options?: object): Promise<unknown>;
  };
}

await serveSide(openPeer);

async function openPeer({ model, threads, installation = '' }: SideOptions): Promise<Side> {
  const requireThere = createRequire(path.join(installation, 'package.json'));
  const entry = requireThere.resolve('@xenova/transformers');
  if (threads !== undefined) limitThreads(createRequire(entry)('onnxruntime-node') as Runtime, threads); // its own, at run time
  const { env, pipeline }: Transformers = await import(pathToFileURL(entry).href);
  env.localModelPath = `${path.dirname(path.resolve(model))}/`;
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  const classify = await pipeline('text-classification', path.basename(model), { quantized: true });
  const labelOf = (answers: readonly Answer[]): string => answers[0]?.label ?? '';
  return {
    one: async (text) => labelOf(await classify(text)),
    many: async (texts) => {
      const labels: string[] = [];
      for (let start = 0; start < texts.length; start += BATCH) {
        const answers = await classify(texts.slice(start, start + BATCH));
        for (const { label } of answers) labels.push(label);
      }
      return labels;
    },
    close: async () => {},
  };
}

/**
 * transformers.js 2.17 hands no session options on, and its ONNX Runtime 1.14 heeds a thread count only for a model that
 * it loads by path. So the model goes through a file and the count in where the session is made.
 */
function limitThreads({ InferenceSession }: Runtime, threads: number): void {
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = async (model) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-bench-'));
    try {
      const file = path.join(folder, 'model.onnx');
      writeFileSync(file, model);
      return await create(file, { executionProviders: ['cpu'], intraOpNumThreads: threads, interOpNumThreads: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}
