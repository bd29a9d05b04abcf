import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeModelFiles } from '../../../cloud/compile/encode/write-model-files.ts';
import { importModel } from '../../../cloud/compile/passes/import/import-model.ts';
import { hasShared, repositoryPath, sharedNote, sharedPath } from '../../support/paths.ts';
import { openSession, referenceCases, run } from '../families/fixture.ts';

const folder = repositoryPath('test/golden/import/tiny-bert');
const expected = { task: 'text-classification', labelCount: 3 } as const;

test('an exported model answers with its new face as the reference does', async () => {
  const graph = await importModel(join(folder, 'model.onnx'), expected);
  const session = await openSession(await writeModelFiles(graph, temporaryFolder()));

  for (const batch of referenceCases(folder)) {
    const logits = await run(session, batch);

    for (const [index, wanted] of batch.logits.flat(2).entries()) expect(logits[index]).toBeCloseTo(wanted, 5);
  }
});

test("an exported model's linears stand as ours do: MatMul by a constant, Add of the bias, named by their path", async () => {
  const graph = await importModel(join(folder, 'model.onnx'), expected);

  const linears = graph.nodes.filter((node) => graph.initializers.get(node.inputs[1] ?? '')?.shape.length === 2);
  const names = linears.map((node) => node.name);
  expect(names).toEqual([
    'model.bert.encoder.layer.0.attention.self.query',
    'model.bert.encoder.layer.0.attention.self.key',
    'model.bert.encoder.layer.0.attention.self.value',
    'model.bert.encoder.layer.0.attention.output.dense',
    'model.bert.encoder.layer.0.intermediate.dense',
    'model.bert.encoder.layer.0.output.dense',
    'model.bert.pooler.dense',
    'model.classifier',
  ]);
  for (const { name, operator, outputs } of linears) {
    const bias = graph.nodes.find((node) => node.name === `${name}.bias`);
    expect([operator, bias?.operator, bias?.inputs[0]]).toEqual(['MatMul', 'Add', outputs[0]]);
    expect(graph.initializers.get(bias?.inputs[1] ?? '')?.shape.length).toBe(1);
  }
});

test('nothing that an exporter leaves constant is computed on the device', async () => {
  const graph = await importModel(join(folder, 'model.onnx'), expected);

  const operators = new Set(graph.nodes.map((node) => node.operator));
  expect(['Constant', 'Identity', 'Gemm'].filter((operator) => operators.has(operator))).toEqual([]);
});

test('other labels than config.json describes are refused', async () => {
  const read = importModel(join(folder, 'model.onnx'), { ...expected, labelCount: 4 });

  await expect(read).rejects.toMatchObject({ code: 'IMPORT_OUTPUT_SHAPE' });
});

test.skipIf(!hasShared)(`a model that is quantised already is refused${sharedNote}`, async () => {
  const path = sharedPath('models/intents-mini/peer/onnx/model_quantized.onnx');

  const read = importModel(path, { task: 'text-classification', labelCount: 151 });

  await expect(read).rejects.toMatchObject({ code: 'IMPORT_QUANTISED' });
});

function temporaryFolder(): string {
  const created = mkdtempSync(join(tmpdir(), 'verge-import-'));
  onTestFinished(() => rmSync(created, { recursive: true, force: true }));
  return created;
}
