import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Evaluation } from '../../../cloud/evaluate/metrics.ts';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { labelledSamples } from '../../support/compile-request.ts';
import { hasShared, repositoryPath, sharedNote, sharedPath } from '../../support/paths.ts';

const run = promisify(execFile);

async function verge(...words: string[]): Promise<unknown> {
  const program = repositoryPath('dist/cloud/verge.js');
  const { stdout } = await run(process.execPath, [program, ...words, '--json'], { maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** What verge evaluate prints with --json. */
async function evaluate(bundle: string, data: string): Promise<Evaluation> {
  return (await verge('evaluate', bundle, data)) as Evaluation; // the command's own type
}

describe.skipIf(!hasShared)(`verge evaluate on the test texts of CLINC150${sharedNote}`, () => {
  test.each(['intents-mini', 'intents-minilm'])(
    '%s in int8 is within 0.5 points of the fp32 accuracy of its card',
    async (name) => {
      const card = JSON.parse(readFileSync(sharedPath(`models/${name}/card.json`), 'utf8')) as { test: number };
      const bundle = path.join(temporaryFolder(), 'bundle');
      await verge('compile', sharedPath(`models/${name}/model.tar.gz`), '--out', bundle, '--samples', labelledSamples);

      const { accuracy, count } = await evaluate(bundle, sharedPath('data/clinc150/test.tsv'));

      expect(count).toBe(4500);
      expect(accuracy).toBeGreaterThan(card.test - 0.005);
    },
  );

  test('a threshold fitted on the validation texts finds twice the out-of-scope texts for half a point in scope', async () => {
    const card = JSON.parse(readFileSync(sharedPath('models/intents-mini/card.json'), 'utf8')) as {
      test: number;
      oos_recall: number;
    };
    const bundle = path.join(temporaryFolder(), 'bundle');
    const samples = ['val.tsv', 'oos_val.tsv'].flatMap((name) => ['--samples', sharedPath(`data/clinc150/${name}`)]);
    const source = sharedPath('models/intents-mini/model.tar.gz');
    await verge('compile', source, '--out', bundle, ...samples, '--reject-label', 'oos');

    const inScope = await evaluate(bundle, sharedPath('data/clinc150/test.tsv'));
    const outOfScope = await evaluate(bundle, sharedPath('data/clinc150/oos_test.tsv'));

    expect(inScope.accuracy).toBeGreaterThan(card.test - 0.005);
    expect(outOfScope.accuracy).toBeGreaterThan(2 * card.oos_recall);
  });
});
