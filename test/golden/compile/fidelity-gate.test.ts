import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fidelityRows } from '../../../cloud/bundle/report.ts';
import { describeOutcome } from '../../../cloud/commands/compile/report.ts';
import { type CompileRequest, runCompile } from '../../../cloud/commands/compile.ts';
import { VergeError } from '../../../component/contract/error.ts';
import { addOutliers, alteredCheckpoint, temporaryFolder } from '../../support/altered-checkpoint.ts';
import { compileRequest, labelledSamples, silent } from '../../support/compile-request.ts';

function outlierCheckpoint(): Promise<string> {
  return alteredCheckpoint((model) => addOutliers(model, [1, 2], 3000));
}

async function refusalOf(asked: CompileRequest): Promise<VergeError> {
  const error = await runCompile(asked, silent).catch((reason: unknown) => reason);
  if (error instanceof VergeError) return error;
  throw new Error(`not refused as it should be: ${error}`);
}

describe('the fidelity gate', () => {
  test('refuses a model that int8 breaks, names the layers that do, and leaves nothing behind', async () => {
    const asked = compileRequest(await outlierCheckpoint(), {});

    const refusal = await refusalOf(asked);

    expect([refusal.code, refusal.fault]).toEqual(['COMPILE_FIDELITY_REFUSED', 'user']);
    const [, ranking = ''] = refusal.message.split('by squared logit error: ');
    const [first = '', second = ''] = ranking.split(', ').map((entry) => entry.split(' ')[0]);
    expect([first, second].sort()).toEqual(['layer.1.attention.output', 'layer.2.attention.output']);
    expect(readdirSync(path.dirname(asked.out))).toEqual([]);
  });

  test('lets the same model through when the layers that it names stay in fp32', async () => {
    const keepFp32 = ['layer.1.attention.output', 'layer.2.attention.output'];
    const asked = compileRequest(await outlierCheckpoint(), { keepFp32 });

    const { bundle } = await runCompile(asked, silent);

    const { fidelity, compile } = bundle.manifest;
    expect(fidelity?.accuracy).toBeGreaterThanOrEqual(0.99 * (fidelity?.referenceAccuracy ?? 1));
    expect(compile.keptFp32).toEqual(keepFp32);
  });

  test('lets it through in fp32', async () => {
    const asked = compileRequest(await outlierCheckpoint(), { precision: 'fp32' });

    const { bundle } = await runCompile(asked, silent);

    expect(bundle.manifest.fidelity?.agreement).toBe(1);
  });

  test('counts the confident answers alone where the samples have no labels', async () => {
    const texts = path.join(temporaryFolder(), 'texts.txt');
    const rows = readFileSync(labelledSamples, 'utf8').split('\n').slice(1);
    writeFileSync(texts, rows.map((row) => row.split('\t')[0]).join('\n'));
    const asked = compileRequest(await outlierCheckpoint(), { samples: [texts] });

    const refusal = await refusalOf(asked);

    expect(refusal.message).toMatch(
      /^int8 agrees with fp32 on [\d.]+ % of the \d+ confident samples; 99 % are required/,
    );
  });

  test('writes the same report to the terminal, the manifest and the model card', async () => {
    const asked = compileRequest(await alteredCheckpoint(() => {}), { rejectLabel: 'oos' });

    const outcome = await runCompile(asked, silent);

    const terminal = describeOutcome(outcome);
    const card = readFileSync(path.join(asked.out, 'MODEL_CARD.md'), 'utf8');
    const manifest = JSON.parse(readFileSync(path.join(asked.out, 'manifest.json'), 'utf8'));
    const rows = fidelityRows(manifest);
    expect(rows.length).toBeGreaterThan(6);
    for (const [what, value] of rows) {
      expect(card).toContain(`| ${what} | ${value} |`);
      expect(terminal).toMatch(new RegExp(`${escaped(what)} +│ ${escaped(value)} `));
    }
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
