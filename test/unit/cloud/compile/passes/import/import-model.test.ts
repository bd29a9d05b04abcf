import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeModelFiles } from '../../../../../../cloud/compile/encode/write-model-files.ts';
import { GraphBuilder } from '../../../../../../cloud/compile/graph/builder.ts';
import { importModel } from '../../../../../../cloud/compile/passes/import/import-model.ts';

test('a model that is quantised already is refused, with its first such node', async () => {
  const path = await modelWith((graph, ids) => graph.node('MatMulInteger', [ids, ids], { name: 'product' }));

  const read = importModel(path, { task: 'text-classification', labelCount: 2 });

  await expect(read).rejects.toMatchObject({
    code: 'IMPORT_QUANTISED',
    what: 'model.onnx is quantised already: 1 of its 1 nodes, the first of them product (MatMulInteger)',
  });
});

test('a weight that is no number is refused, with its place', async () => {
  const path = await modelWith((graph, ids) => {
    const weight = graph.weights('broken', [2, 2], Float32Array.of(1, 2, Number.NaN, 4));
    return graph.node('Gather', [weight, ids], { name: 'gather' });
  });

  const read = importModel(path, { task: 'text-classification', labelCount: 2 });

  await expect(read).rejects.toMatchObject({
    code: 'IMPORT_NOT_FINITE',
    what: 'model.onnx: number 2 of weight broken is NaN',
  });
});

/** Path of a model file with input_ids, logits, and what is made of the one for the other. */
async function modelWith(make: (graph: GraphBuilder, ids: string) => string): Promise<string> {
  const graph = new GraphBuilder('test');
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.output('logits', make(graph, ids), 'float32', ['batch', 2]);
  const folder = mkdtempSync(join(tmpdir(), 'verge-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return await writeModelFiles(graph.build(), folder);
}
