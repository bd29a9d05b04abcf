import { createReadStream, createWriteStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';

const WEIGHTS = 'model.safetensors';
/** Every sixth pair of neighbouring labels: of 151 labels, 50 change places. */
const STEP = 6;

/**
 * Writes a training output whose model is subtly worse: some labels have changed places, as if the training script had put
 * its label list in another order once. Nothing about the archive is broken, and the model is as sure as it was.
 * @param from `model.tar.gz` of the demo's own model, float32, with a head `classifier`
 */
export async function writeWorseArchive(from: string, to: string): Promise<void> {
  const [reading, writing] = [extract(), pack()];
  const written = pipeline(writing, createGzip(), createWriteStream(to));
  const read = pipeline(createReadStream(from), createGunzip(), reading);
  for await (const entry of reading) {
    const content = await buffer(entry);
    if (entry.header.name === WEIGHTS) exchangeLabels(content);
    writing.entry(entry.header, content);
  }
  writing.finalize();
  await Promise.all([read, written]);
}

interface TensorEntry {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Exchanges rows of the classifier in place. */
function exchangeLabels(safetensors: Buffer): void {
  const headerBytes = Number(safetensors.readBigUInt64LE(0));
  const start = 8 + headerBytes;
  // The demo's own file, as safetensors writes it.
  const header = JSON.parse(safetensors.toString('utf8', 8, start)) as Record<string, TensorEntry>;
  for (const name of ['classifier.weight', 'classifier.bias']) {
    const tensor = header[name];
    if (tensor === undefined) throw new Error(`the demo's model has no ${name}`);
    const { data_offsets, shape } = tensor;
    const [begin, end] = data_offsets;
    const rows = shape[0] ?? 0;
    const rowBytes = (end - begin) / rows;
    const row = (index: number): Buffer =>
      safetensors.subarray(start + begin + index * rowBytes, start + begin + (index + 1) * rowBytes);
    for (let index = 0; index + 1 < rows; index += STEP) {
      const kept = Buffer.from(row(index));
      row(index + 1).copy(row(index));
      kept.copy(row(index + 1));
    }
  }
}
