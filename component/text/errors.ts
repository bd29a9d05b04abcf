import { defineErrors } from '../contract/error.ts';

const again = 'Save the tokenizer again with `tokenizer.save_pretrained(FOLDER)` and compile again';

/** Why a tokenizer.json is not taken. */
export const tokenizerErrors = defineErrors({
  TOKENIZER_TOO_LARGE: {
    fault: 'user',
    next: 'No tokenizer of a supported family is this large; check where the file comes from',
  },
  TOKENIZER_NOT_JSON: { fault: 'user', next: again },
  TOKENIZER_INVALID: { fault: 'user', next: again },
  TOKENIZER_UNSUPPORTED: { fault: 'user', next: 'Use a model of a supported family with its own tokenizer' },
});
