import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeModelFiles } from '../../../../../../cloud/compile/encode/write-model-files.ts';
import { GraphBuilder } from '../../../../../../cloud/compile/graph/builder.ts';
import { importModel } from '../../../../../../cloud/compile/passes/import/import-model.ts';

test('a model that is quantised already is refused, with its first such node', async () => {
  const graph = new GraphBuilder('quantised');
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.output('logits', graph.node('MatMulInteger', [ids, ids], { name: 'product' }), 'float32', ['batch', 2]);
  const folder = mkdtempSync(join(tmpdir(), 'verge-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = await writeModelFiles(graph.build(), folder);

  const read = importModel(path, { task: 'text-classification', labelCount: 2 });

  await expect(read).rejects.toMatchObject({
    code: 'IMPORT_QUANTISED',
    what: 'model.onnx is quantised already: 1 of its 1 nodes, the first of them product (MatMulInteger)',
  });
});
