// Holds the logits of the ONNX Runtime that Verge ships with against those that check_foreign.py recorded. By hand:
//   node test/golden/compile/check-foreign.mjs BUNDLE…
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

for (const folder of process.argv.slice(2)) {
  const foreign = JSON.parse(readFileSync(`${path.resolve(folder)}.foreign.json`, 'utf8'));
  const session = await InferenceSession.create(path.join(folder, 'model.onnx'), { graphOptimizationLevel: 'basic' });
  let apart = 0;
  for (const [index, ids] of foreign.input_ids.entries()) {
    const { logits } = await session.run({
      input_ids: new Tensor('int32', Int32Array.from(ids), [1, ids.length]),
      lengths: new Tensor('int32', Int32Array.of(ids.length), [1]),
    });
    const wanted = foreign.logits[index].flat();
    for (const [at, value] of wanted.entries()) apart = Math.max(apart, Math.abs(value - logits.data[at]));
  }
  console.log(`${path.basename(folder)}: at most ${apart.toPrecision(2)} from the foreign ONNX Runtime`);
}
