import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readModelFiles } from '../../../../../cloud/compile/encode/read-model-files.ts';
import { writeModelFiles } from '../../../../../cloud/compile/encode/write-model-files.ts';
import { GraphBuilder } from '../../../../../cloud/compile/graph/builder.ts';
import type { Graph } from '../../../../../cloud/compile/graph/graph.ts';
import { message, modelWithTensor } from './onnx-bytes.ts';

test('a graph comes back from its two files', async () => {
  const folder = temporaryFolder();
  const graph = someGraph();

  const path = await writeModelFiles(graph, folder);

  expect(await readModelFiles(path)).toEqual(graph);
});

test('small tensors stay in the model, large ones go beside it, at their aligned places', async () => {
  const folder = temporaryFolder();

  await writeModelFiles(someGraph(), folder);

  const weights = readFileSync(join(folder, 'model.bin'));
  // Two large tensors of 1,204 and 1,200 bytes: the second starts at the next multiple of 64.
  expect(weights.length).toBe(1216 + 1200);
  expect(weights.readFloatLE(1216 + 4)).toBe(2);
  expect(statSync(join(folder, 'model.onnx')).size).toBeLessThan(1000);
});

const ESCAPES: readonly [what: string, location: string, code: string][] = [
  ['no name', '', 'ONNX_EXTERNAL_PATH'],
  ['a name with a zero byte', 'w\0', 'ONNX_EXTERNAL_PATH'],
  ['a parent folder', '../outside.bin', 'ONNX_EXTERNAL_PATH'],
  ['a way down and up again', 'below/../../outside.bin', 'ONNX_EXTERNAL_PATH'],
  ['a link that leads out', 'link.bin', 'ONNX_EXTERNAL_PATH'],
  ['the folder itself', '.', 'ONNX_EXTERNAL_PATH'],
  ['a folder', 'below', 'ONNX_EXTERNAL_PATH'],
  ['a file that is not there', 'absent.bin', 'ONNX_EXTERNAL_MISSING'],
  ['a file that is too short', 'short.bin', 'ONNX_EXTERNAL_RANGE'],
];

test.each(ESCAPES)('external data in %s is refused', async (_, location, code) => {
  const path = hostileModel(location);

  await expect(readModelFiles(path)).rejects.toMatchObject({ code });
});

test('external data under an absolute path is refused, wherever it points', async () => {
  const path = hostileModel('short.bin');
  const absolute = join(path, '..', 'short.bin');
  writeFileSync(path, externalModel(absolute));

  await expect(readModelFiles(path)).rejects.toMatchObject({ code: 'ONNX_EXTERNAL_PATH' });
});

function hostileModel(location: string): string {
  const outer = temporaryFolder();
  const folder = join(outer, 'model');
  mkdirSync(join(folder, 'below'), { recursive: true });
  writeFileSync(join(outer, 'outside.bin'), new Uint8Array(400));
  symlinkSync(join(outer, 'outside.bin'), join(folder, 'link.bin'));
  writeFileSync(join(folder, 'short.bin'), new Uint8Array(399));
  const path = join(folder, 'model.onnx');
  writeFileSync(path, externalModel(location));
  return path;
}

function externalModel(location: string): Uint8Array {
  const entry = message([1, 'location'], [2, location]);
  return modelWithTensor(message([1, 100], [2, 1], [8, 't'], [13, entry], [14, 1]));
}

function someGraph(): Graph {
  const graph = new GraphBuilder('two tensors');
  const x = graph.input('x', 'float32', ['batch', 301]);
  const first = graph.weights('first', [301], new Float32Array(301).fill(1));
  const second = graph.weights('second', [300], new Float32Array(300).fill(2));
  const sum = graph.node('Add', [x, first], { name: 'sum' });
  const joined = graph.node('Concat', [sum, second, graph.scalar(3)], { name: 'join', attributes: {} });
  graph.output('y', joined, 'float32', ['batch']);
  return graph.build();
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'verge-model-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
