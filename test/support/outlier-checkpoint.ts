import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openCheckpoint } from '../../cloud/checkpoint/open.ts';
import { intentsMiniArchive } from './paths.ts';

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * `intents-mini` with one value channel of each listed layer `factor` times as large, and the weights that read it as
 * much smaller: in fp32 the same answers, for int8 an outlier that leaves the other channels of that layer few steps.
 */
export async function outlierCheckpoint(layers: readonly number[], factor: number): Promise<string> {
  const checkpoint = await openCheckpoint(intentsMiniArchive);
  onTestFinished(() => checkpoint.close());
  const folder = temporaryFolder();
  const written = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, tensor] of checkpoint.tensors) written.set(name, { shape: tensor.shape, data: tensor.read() });
  for (const layer of layers) {
    const attention = `encoder.layer.${layer}.attention`;
    const value = written.get(`${attention}.self.value.weight`);
    const valueBias = written.get(`${attention}.self.value.bias`);
    const output = written.get(`${attention}.output.dense.weight`);
    if (!value || !valueBias || !output) throw new Error(`no layer ${layer}`);
    const width = valueBias.data.length;
    for (let index = 0; index < width; index++) {
      value.data[index] = (value.data[index] ?? 0) * factor;
      output.data[index * width] = (output.data[index * width] ?? 0) / factor;
    }
    valueBias.data[0] = (valueBias.data[0] ?? 0) * factor;
  }
  writeFileSync(path.join(folder, 'model.safetensors'), safetensors(written));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(checkpoint.config));
  writeFileSync(path.join(folder, 'tokenizer.json'), checkpoint.tokenizerJson);
  return folder;
}

function safetensors(tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>): Buffer {
  const header: Record<string, object> = {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const bodies = [...tensors.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([size, json, ...bodies]);
}
