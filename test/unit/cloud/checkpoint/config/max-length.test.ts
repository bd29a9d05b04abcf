import { describe, expect, it } from 'vitest';
import { families } from '../../../../../cloud/checkpoint/config/families.ts';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { withConfig } from '../../../../support/hostile/tiny-model.ts';

const optional = { tokenizer: 'optional' } as const;

function modelOf(
  modelType: string,
  config: Record<string, unknown>,
  tokenizer: Record<string, unknown> = {},
): Record<string, Uint8Array | string> {
  const architectures = [`${families[modelType]?.className}ForSequenceClassification`];
  const { 'vocab.txt': _, ...files } = withConfig({ model_type: modelType, architectures, ...config });
  return { ...files, 'tokenizer_config.json': JSON.stringify(tokenizer) };
}

describe('the length limit', () => {
  it.each([
    ['bert', 512],
    ['distilbert', 512],
    ['roberta', 510],
    ['xlm-roberta', 510],
    ['camembert', 510],
    ['electra', 512],
    ['mpnet', 510],
    ['albert', 512],
    ['deberta-v2', 512],
    ['modernbert', 512],
  ])('of %s is what its table of 512 positions allows: %i', async (modelType, allowed) => {
    const checkpoint = await openFiles(modelOf(modelType, { max_position_embeddings: 512, pad_token_id: 1 }), optional);

    expect(checkpoint.maxLength).toBe(allowed);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, number]>([
    ['the tokenizer, where it is smaller', { max_position_embeddings: 512 }, { model_max_length: 128 }, 128],
    ['the table, where it is smaller', { max_position_embeddings: 64 }, { model_max_length: 128 }, 64],
    ['the table, where the tokenizer has no limit', { max_position_embeddings: 64 }, { model_max_length: 1e30 }, 64],
    ['the table, where the tokenizer says null', { max_position_embeddings: 64 }, { model_max_length: null }, 64],
    ['the 512 of the reference, where nobody says', {}, {}, 512],
    ['the bound of Verge', { max_position_embeddings: 100_000 }, { model_max_length: 100_000 }, 8192],
  ])('is that of %s', async (_, config, tokenizer, expected) => {
    const checkpoint = await openFiles(modelOf('bert', config, tokenizer), optional);

    expect(checkpoint.maxLength).toBe(expected);
  });

  it.each<[number | undefined, number]>([
    [undefined, 510],
    [0, 511],
    [3, 508],
  ])('of roberta counts from behind the padding token: %s', async (padding, expected) => {
    const checkpoint = await openFiles(
      modelOf('roberta', { max_position_embeddings: 512, pad_token_id: padding }),
      optional,
    );

    expect(checkpoint.maxLength).toBe(expected);
  });

  it('of mpnet counts from behind 1, whatever its padding token', async () => {
    const checkpoint = await openFiles(modelOf('mpnet', { max_position_embeddings: 512, pad_token_id: 7 }), optional);

    expect(checkpoint.maxLength).toBe(510);
  });

  it.each([2, 100, 512])('is lowered to %i on request', async (maxLength) => {
    const checkpoint = await openFiles(modelOf('bert', {}), { ...optional, maxLength });

    expect(checkpoint.maxLength).toBe(maxLength);
  });

  it.each<[number, string]>([
    [513, 'MAX_LENGTH_TOO_LARGE'],
    [1e9, 'MAX_LENGTH_TOO_LARGE'],
    [1, 'MAX_LENGTH_BAD'],
    [0, 'MAX_LENGTH_BAD'],
    [-5, 'MAX_LENGTH_BAD'],
    [2.5, 'MAX_LENGTH_BAD'],
    [Number.NaN, 'MAX_LENGTH_BAD'],
  ])('is not made %s', async (maxLength, code) => {
    const refusal = await refuseFiles(modelOf('bert', {}), { ...optional, maxLength });

    expect(refusal).toEqual({ code, what: expect.stringContaining(`${maxLength} tokens`) });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no positions', { max_position_embeddings: 0 }, 'POSITIONS_BAD'],
    ['one position', { max_position_embeddings: 1 }, 'POSITIONS_BAD'],
    ['a negative number', { max_position_embeddings: -512 }, 'POSITIONS_BAD'],
    ['a number in text', { max_position_embeddings: '512' }, 'POSITIONS_BAD'],
    ['an object', { max_position_embeddings: { valueOf: 1 } }, 'POSITIONS_BAD'],
    ['fewer positions than stand before the first', { max_position_embeddings: 8, pad_token_id: 9 }, 'POSITIONS_BAD'],
    ['a padding token in text', { pad_token_id: '1' }, 'PAD_TOKEN_BAD'],
    ['a negative padding token', { pad_token_id: -1 }, 'PAD_TOKEN_BAD'],
    ['an object for a padding token', { pad_token_id: { valueOf: 1, toString: 1 } }, 'PAD_TOKEN_BAD'],
  ])('is refused where config.json has %s', async (_, config, code) => {
    const refusal = await refuseFiles(modelOf('roberta', config), optional);

    expect(refusal).toEqual({
      code,
      what: expect.stringMatching(/^config\.json has (max_position_embeddings|pad_token_id) '/),
    });
  });
});
