import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCompile } from '../../../cloud/commands/compile.ts';
import { createEngine, type Engine } from '../../../component/classify/engine.ts';
import { runGolden } from '../../../component/models/golden.ts';
import { type Bundle, engineSettingsOf, openBundle } from '../../../component/models/open-bundle.ts';
import { type Alterable, alteredCheckpoint, keepLabels, temporaryFolder } from '../../support/altered-checkpoint.ts';
import { compileRequest, silent } from '../../support/compile-request.ts';
import { repositoryPath } from '../../support/paths.ts';

function samplesFile(name: string, content: string): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

function asTokenModel(model: Alterable): void {
  keepLabels(model, ['O', 'B-thing', 'I-thing', 'B-place', 'I-place']);
  model.config.architectures = ['BertForTokenClassification'];
  for (const name of model.tensors.keys()) if (name.startsWith('pooler.')) model.tensors.delete(name);
}

function asMultiLabel(model: Alterable): void {
  keepLabels(model, ['billing', 'travel', 'food', 'urgent']);
  model.config.problem_type = 'multi_label_classification';
}

function asRegression(model: Alterable): void {
  keepLabels(model, ['stars']);
  model.config.problem_type = 'regression';
}

const KINDS: [string, (model: Alterable) => void][] = [
  ['a single-label model', () => {}],
  ['a multi-label model', asMultiLabel],
  ['a regression', asRegression],
  ['a token model', asTokenModel],
];

describe.each(KINDS)('%s, compiled on the built-in texts', (_, alter) => {
  test("passes its golden samples on the device's engine", async () => {
    const asked = compileRequest(await alteredCheckpoint(alter), { samples: [], precision: 'fp32' });

    await runCompile(asked, silent);

    const { bundle, engine } = await opened(asked.out);
    expect(await runGolden(bundle, engine)).toBeGreaterThanOrEqual(4);
  });

  test('carries what its answers look like, to hold drift against', async () => {
    const asked = compileRequest(await alteredCheckpoint(alter), { samples: [], precision: 'fp32' });

    const { bundle } = await runCompile(asked, silent);

    const { baseline, labels, problemType } = bundle.manifest;
    expect(baseline.labelShares.length).toBe(labels.length);
    expect(baseline.labelShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
    expect(baseline.confidenceDeciles).toEqual([...baseline.confidenceDeciles].sort((a, b) => a - b));
    expect(baseline.lengthDeciles[0]).toBeGreaterThanOrEqual(3);
    const values = baseline.valueDeciles;
    expect(values !== undefined && (values[10] ?? 0) > (values[0] ?? 0)).toBe(problemType === 'regression');
  });
});

describe('labels of the samples', () => {
  test('measure a regression by its mean absolute error', async () => {
    const samples = samplesFile(
      'rated.jsonl',
      '{"text":"book a flight","label":1}\n{"text":"play jazz","label":-2.5}\n',
    );
    const asked = compileRequest(await alteredCheckpoint(asRegression), { samples: [samples], precision: 'fp32' });

    const { bundle } = await runCompile(asked, silent);

    const { fidelity } = bundle.manifest;
    expect(fidelity?.accuracy).toBeUndefined();
    expect(fidelity?.meanError).toBeGreaterThan(0);
    expect(fidelity?.meanError).toBe(fidelity?.referenceMeanError);
  });

  test('may be several, or none, on a multi-label model', async () => {
    const samples = samplesFile(
      'm.jsonl',
      '{"text":"hello","label":[]}\n{"text":"bill","label":["billing","urgent"]}\n',
    );
    const asked = compileRequest(await alteredCheckpoint(asMultiLabel), { samples: [samples], precision: 'fp32' });

    const { bundle } = await runCompile(asked, silent);

    expect(bundle.manifest.fidelity).toMatchObject({ labelled: true, sampleCount: 2 });
  });

  test.each([
    ['a token model', asTokenModel, 'text\tlabel\nhello\tO\n', 'COMPILE_SAMPLE_LABEL_UNUSABLE'],
    [
      'a regression, where they are no numbers',
      asRegression,
      'text\tlabel\nhello\tgood\n',
      'COMPILE_SAMPLE_LABEL_UNUSABLE',
    ],
    [
      'a multi-label model that does not know one',
      asMultiLabel,
      'text\tlabel\nhello\tfood|tea\n',
      'COMPILE_SAMPLE_LABEL_UNKNOWN',
    ],
  ])('are refused for %s', async (_, alter, content, code) => {
    const asked = compileRequest(await alteredCheckpoint(alter), { samples: [samplesFile('s.tsv', content)] });

    await expect(runCompile(asked, silent)).rejects.toMatchObject({ code, fault: 'user' });
  });

  test('do not stretch the confidence where all are answered right, and the user is told', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => `set an alarm for ${(index % 12) + 1} am\talarm`);
    const samples = samplesFile('alarm.tsv', `text\tlabel\n${rows.join('\n')}\n`);
    const asked = compileRequest(repositoryPath('test/models/intents-mini/model.tar.gz'), { samples: [samples] });

    const { bundle, warnings } = await runCompile(asked, silent);

    expect(bundle.manifest.calibration).toEqual({ temperature: 1 });
    expect(warnings.join(' ')).toContain('Every labelled sample is answered right');
  });
});

test('a regression of several values is refused, for the device would answer the first alone', async () => {
  const source = await alteredCheckpoint((model) => {
    keepLabels(model, ['stars', 'length']);
    model.config.problem_type = 'regression';
  });

  const compiled = runCompile(compileRequest(source, { samples: [] }), silent);

  await expect(compiled).rejects.toMatchObject({ code: 'COMPILE_REGRESSION_SEVERAL' });
});

test('the tokenizer of another model is refused before the graph meets an id that it has no row for', async () => {
  const source = await alteredCheckpoint(({ config, tensors }) => {
    const table = tensors.get('embeddings.word_embeddings.weight');
    if (!table) throw new Error('no word table');
    table.shape = [100, table.shape[1] ?? 0];
    table.data = table.data.slice(0, 100 * (table.shape[1] ?? 0));
    config.vocab_size = 100;
  });

  const compiled = runCompile(compileRequest(source, { samples: [] }), silent);

  await expect(compiled).rejects.toMatchObject({ code: 'COMPILE_TOKENIZER_FOREIGN', fault: 'user' });
});

async function opened(folder: string): Promise<{ bundle: Bundle; engine: Engine }> {
  const bundle = await openBundle(folder);
  const engine = await createEngine({
    ...engineSettingsOf(bundle),
    workerUrl: new URL('../../../dist/component/inference-worker.js', import.meta.url),
    threads: 1,
    topK: 1,
    cacheEntries: 0,
    maxBatchTokens: 256,
    mixTexts: false,
    queueLimit: 8,
  });
  onTestFinished(() => engine.close());
  return { bundle, engine };
}
