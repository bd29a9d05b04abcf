import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { safetensorsBytes } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, tinyVocabulary, withConfig } from '../../../../support/hostile/tiny-model.ts';

/** A model whose head has a row for each of so many labels. */
function withRows(rows: number, config: Record<string, unknown>): Record<string, Uint8Array | string> {
  const weight = { dtype: 'F32', shape: [rows, 1], bytes: Buffer.alloc(rows * 4) };
  return { ...withConfig(config), 'model.safetensors': safetensorsBytes({ 'classifier.weight': weight }) };
}

/** config.json as text, for what `JSON.stringify` of an object cannot say. */
function withConfigText(id2label: string): Record<string, Uint8Array | string> {
  return {
    ...tinyModel,
    'config.json': `{"model_type":"bert","architectures":["BertForSequenceClassification"],"id2label":${id2label}}`,
  };
}

describe('labels', () => {
  it('stand in the order of their indexes, whatever that of the keys', async () => {
    const text = '{"10":"k","2":"c","0":"a","1":"b","3":"d","4":"e","5":"f","6":"g","7":"h","8":"i","9":"j"}';

    const { labels, warnings } = await openFiles({
      ...withRows(11, {}),
      'config.json': withConfigText(text)['config.json'] ?? '',
    });

    expect(labels.join('')).toBe('abcdefghijk');
    expect(warnings).toEqual([]);
  });

  it('warn where they have no names', async () => {
    const { labels, warnings } = await openFiles(
      withRows(3, { id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' } }),
    );

    expect(labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    expect(warnings).toEqual(['The labels have no names (LABEL_0, LABEL_1, …): set id2label in config.json.']);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['num_labels', { id2label: undefined, num_labels: 4 }, 4],
    ['the two of the reference', { id2label: undefined }, 2],
    ['the two of the reference, for null', { id2label: null }, 2],
  ])('are numbered by %s where config.json names none', async (_, config, count) => {
    const { labels } = await openFiles(withRows(count, config));

    expect(labels).toEqual(Array.from({ length: count }, (__, index) => `LABEL_${index}`));
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a gap', { id2label: { 0: 'a', 2: 'c' } }, 'LABELS_BAD', /2 labels and none at index 1/],
    ['no first', { id2label: { 1: 'a', 2: 'c' } }, 'LABELS_BAD', /none at index 0/],
    ['a key that is no index', { id2label: { 0: 'a', one: 'b' } }, 'LABELS_BAD', /none at index 1/],
    ['an index in another spelling', { id2label: { 0: 'a', '01': 'b' } }, 'LABELS_BAD', /none at index 1/],
    ['a list', { id2label: ['a', 'b'] }, 'LABELS_BAD', /no object from index to label/],
    ['a text', { id2label: 'ab' }, 'LABELS_BAD', /no object/],
    ['none', { id2label: {} }, 'LABELS_TOO_MANY', /0 labels; 1 to 10000/],
    ['one twice', { id2label: { 0: 'a', 1: 'a' } }, 'LABEL_TWICE', /'a' at index 0 and 1/],
    ['an empty one', { id2label: { 0: '', 1: 'a' } }, 'LABEL_BAD', /'' at index 0/],
    ['a number for one', { id2label: { 0: 5, 1: 'a' } }, 'LABEL_BAD', /'5' at index 0/],
    ['an object for one', { id2label: { 0: { toString: 1 }, 1: 'a' } }, 'LABEL_BAD', /toString/],
    ['a long one', { id2label: { 0: 'x'.repeat(257), 1: 'a' } }, 'LABEL_BAD', /x{100}.*at index 0/],
    ['another number than num_labels', { num_labels: 3 }, 'LABEL_COUNT_BAD', /num_labels 3 and 2 entries/],
    ['num_labels 0', { id2label: undefined, num_labels: 0 }, 'LABEL_COUNT_BAD', /num_labels '0'/],
    ['num_labels in text', { id2label: undefined, num_labels: '2' }, 'LABEL_COUNT_BAD', /num_labels '2'/],
    ['endless num_labels', { id2label: undefined, num_labels: 1e12 }, 'LABEL_COUNT_BAD', /1000000000000/],
    [
      'more than the head',
      { id2label: { 0: 'a', 1: 'b', 2: 'c' } },
      'LABEL_COUNT_MISMATCH',
      /3 labels and tensor 'classifier.weight' has the shape \[2, 1\]/,
    ],
  ])('are refused with their place: %s', async (_, config, code, what) => {
    const refusal = await refuseFiles(withRows(2, config));

    expect(refusal).toEqual({ code, what: expect.stringMatching(what) });
  });

  it('are refused when they are more than any model has', async () => {
    const id2label = Object.fromEntries(
      Array.from({ length: limits.labels + 1 }, (_, index) => [index, `label ${index}`]),
    );

    const refusal = await refuseFiles(withRows(2, { id2label }));

    expect(refusal).toEqual({ code: 'LABELS_TOO_MANY', what: expect.stringContaining('10001 labels') });
  });

  it.each([
    ['{"0":"a","1":"b","0":"c"}', 'JSON_DUPLICATE_KEY'],
    ['{"__proto__":{"0":"a","1":"b"}}', 'LABELS_BAD'],
    ['{"0":"a","__proto__":"b"}', 'LABELS_BAD'],
  ])('are refused where two readers could see two lists: %s', async (text, code) => {
    const refusal = await refuseFiles(withConfigText(text));

    expect(refusal.code).toBe(code);
  });

  it('are not what a prototype holds', async () => {
    const text =
      '{"model_type":"bert","architectures":["BertForSequenceClassification"],"__proto__":{"id2label":{"0":"x","1":"y"}}}';

    const { labels } = await openFiles({ ...tinyModel, 'config.json': text, 'vocab.txt': tinyVocabulary });

    expect(labels).toEqual(['LABEL_0', 'LABEL_1']);
  });
});

describe('the problem type', () => {
  it.each<[string, Record<string, unknown>, number, string]>([
    ['single_label_classification', { problem_type: 'single_label_classification' }, 2, 'single_label_classification'],
    ['multi_label_classification', { problem_type: 'multi_label_classification' }, 2, 'multi_label_classification'],
    ['regression of two numbers', { problem_type: 'regression' }, 2, 'regression'],
    ['none, with one label', { id2label: { 0: 'score' } }, 1, 'regression'],
    ['none, with two labels', {}, 2, 'single_label_classification'],
    ['null', { problem_type: null }, 2, 'single_label_classification'],
    [
      'any, for tokens',
      { architectures: ['BertForTokenClassification'], problem_type: 'multi_label_classification' },
      2,
      'single_label_classification',
    ],
  ])('is as config.json says: %s', async (_, config, rows, expected) => {
    const { problemType } = await openFiles(withRows(rows, config));

    expect(problemType).toBe(expected);
  });

  it.each(['ranking', 5, { toString: 1 }, ''])('is refused when it is %j', async (problemType) => {
    const refusal = await refuseFiles(withConfig({ problem_type: problemType }));

    expect(refusal).toEqual({ code: 'PROBLEM_TYPE_BAD', what: expect.stringContaining('problem_type') });
  });
});
