import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCheckpoint } from '../../../cloud/checkpoint/open.ts';
import { writeModelFiles } from '../../../cloud/compile/encode/write-model-files.ts';
import { buildGraph } from '../../../cloud/compile/families/build-graph.ts';
import { hasShared, repositoryPath, sharedNote, sharedPath } from '../../support/paths.ts';
import { openSession, type ReferenceCase, referenceCases, run } from './fixture.ts';

/** Other seeds and variants made by hand can be tried by pointing this at their folder. */
const sharedFolder = process.env.VERGE_ARCHITECTURES ?? sharedPath('fixtures/architectures');
const sharedNames = hasShared ? readdirSync(sharedFolder) : ['every fixture'];

const variantsFolder = repositoryPath('test/golden/families/variants');

const MAX_DIFFERENCE = 1e-4;

describe('float32 graphs answer as the reference does, whatever the configuration', () => {
  test.each(readdirSync(variantsFolder))('%s agrees to 1e-4 on every text', (name) =>
    expectAgreement(join(variantsFolder, name)),
  );
});

describe.skipIf(!hasShared)(`float32 graphs answer as the reference does, for every family${sharedNote}`, () => {
  test.each(sharedNames)('%s agrees to 1e-4 on every text', (name) => expectAgreement(join(sharedFolder, name)));
});

async function expectAgreement(folder: string): Promise<void> {
  const session = await openSession(await compile(folder));

  for (const batch of referenceCases(folder)) {
    const logits = await run(session, batch);

    expect(largestDifference(batch, logits)).toBeLessThan(MAX_DIFFERENCE);
  }
}

async function compile(source: string): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), 'verge-families-'));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  const checkpoint = await openCheckpoint(source, { tokenizer: 'optional' });
  onTestFinished(() => checkpoint.close());
  return await writeModelFiles(buildGraph(checkpoint), out);
}

/** For token tasks over the tokens before padding: what stands in padding is nobody's answer. */
function largestDifference(batch: ReferenceCase, actual: Float32Array): number {
  const flat = batch.logits.flat(2);
  expect(actual.length).toBe(flat.length);
  const perRow = flat.length / batch.logits.length;
  const perToken = Array.isArray(batch.logits[0]?.[0]);
  const width = batch.input_ids[0]?.length ?? 0;
  let largest = 0;
  for (const [index, wanted] of flat.entries()) {
    const row = Math.floor(index / perRow);
    const token = Math.floor((index % perRow) / (perRow / width));
    if (perToken && batch.attention_mask[row]?.[token] === 0) continue;
    const difference = Math.abs(wanted - (actual[index] ?? Number.NaN));
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
