import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeOutcome } from '../../../cloud/commands/compile/report.ts';
import { runCompile } from '../../../cloud/commands/compile.ts';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { compileRequest, silent } from '../../support/compile-request.ts';
import { repositoryPath } from '../../support/paths.ts';

/** The exported model with the rest of what a training job packs; the vocabulary is as long as its table. */
function packed(): string {
  const folder = temporaryFolder();
  copyFileSync(repositoryPath('test/golden/import/tiny-bert/model.onnx'), path.join(folder, 'model.onnx'));
  const letters = [...'abcdefghijklmnopqrstu'];
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters, ...letters.map((letter) => `##${letter}`)];
  writeFileSync(path.join(folder, 'vocab.txt'), `${[...words, 'the'].join('\n')}\n`);
  const id2label = { 0: 'bad', 1: 'fair', 2: 'good' };
  const sizes = { vocab_size: 48, max_position_embeddings: 20, pad_token_id: 0 };
  const config = { model_type: 'bert', architectures: ['BertForSequenceClassification'], id2label, ...sizes };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

test('an exported model is compiled as a checkpoint is, and its size is counted from its own weights', async () => {
  const outcome = await runCompile(compileRequest(packed(), { samples: [] }), silent);

  const { manifest } = outcome.bundle;
  const embeddings = (48 + 20 + 2) * 16 + 2 * 16;
  const layer = 4 * (16 * 16 + 16) + (16 * 24 + 24) + (24 * 16 + 16) + 4 * 16;
  const head = 16 * 16 + 16 + 3 * 16 + 3;
  // A few scalars of the exporter's own, such as the root of a head's size, are counted with them.
  const scalars = manifest.provenance.parameters - (embeddings + layer + head);
  expect([scalars >= 0, scalars < 10]).toEqual([true, true]);
  expect(manifest.graph).toMatchObject({ precision: 'int8', inputs: ['input_ids', 'lengths'], output: 'logits' });
  expect(describeOutcome(outcome)).not.toContain('Infinity');
});

test('an operator that ONNX Runtime does not know is told in one sentence', async () => {
  const folder = packed();
  const model = path.join(folder, 'model.onnx');
  // The same length, so that the protobuf stays whole.
  writeFileSync(model, Buffer.from(readFileSync(model, 'latin1').replaceAll('Softmax', 'Hardmix'), 'latin1'));

  const compiled = runCompile(compileRequest(folder, { samples: [] }), silent);

  await expect(compiled).rejects.toMatchObject({
    code: 'IMPORT_UNRUNNABLE',
    fault: 'user',
    message: expect.stringMatching(/^model.onnx: ONNX Runtime does not run the model: [^\n]*Hardmix/),
  });
});
