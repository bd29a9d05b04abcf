import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openCheckpoint } from '../../cloud/checkpoint/open.ts';
import { intentsMiniArchive } from './paths.ts';

export interface AlteredTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** A model as a test may change it, tensors by their name without prefix. */
export interface Alterable {
  readonly config: Record<string, unknown>;
  readonly tensors: Map<string, AlteredTensor>;
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `intents-mini` in float32, changed, in a folder of its own. */
export async function alteredCheckpoint(alter: (model: Alterable) => void): Promise<string> {
  const checkpoint = await openCheckpoint(intentsMiniArchive);
  onTestFinished(() => checkpoint.close());
  const tensors = new Map<string, AlteredTensor>();
  for (const [name, tensor] of checkpoint.tensors) tensors.set(name, { shape: tensor.shape, data: tensor.read() });
  const model: Alterable = { config: { ...checkpoint.config }, tensors };
  alter(model);
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'model.safetensors'), safetensors(model.tensors));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(model.config));
  writeFileSync(path.join(folder, 'tokenizer.json'), checkpoint.tokenizerJson);
  return folder;
}

/**
 * One value channel of each listed layer `factor` times as large, and the weights that read it as much smaller: in fp32
 * the same answers, for int8 an outlier that leaves the other channels of that layer few steps.
 */
export function addOutliers({ tensors }: Alterable, layers: readonly number[], factor: number): void {
  for (const layer of layers) {
    const attention = `encoder.layer.${layer}.attention`;
    const value = tensors.get(`${attention}.self.value.weight`);
    const valueBias = tensors.get(`${attention}.self.value.bias`);
    const output = tensors.get(`${attention}.output.dense.weight`);
    if (!value || !valueBias || !output) throw new Error(`no layer ${layer}`);
    const width = valueBias.data.length;
    for (let index = 0; index < width; index++) {
      value.data[index] = (value.data[index] ?? 0) * factor;
      output.data[index * width] = (output.data[index * width] ?? 0) / factor;
    }
    valueBias.data[0] = (valueBias.data[0] ?? 0) * factor;
  }
}

/** The first labels of the head alone, under other names. */
export function keepLabels({ config, tensors }: Alterable, names: readonly string[]): void {
  const weight = tensors.get('classifier.weight');
  const bias = tensors.get('classifier.bias');
  const [, hidden = 0] = weight?.shape ?? [];
  if (!weight || !bias) throw new Error('no classifier');
  weight.shape = [names.length, hidden];
  weight.data = weight.data.slice(0, names.length * hidden);
  bias.shape = [names.length];
  bias.data = bias.data.slice(0, names.length);
  config.id2label = Object.fromEntries(names.map((name, index) => [index, name]));
  config.label2id = Object.fromEntries(names.map((name, index) => [name, index]));
}

function safetensors(tensors: ReadonlyMap<string, AlteredTensor>): Buffer {
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
