/** Largest tokenizer.json: that of XLM-RoBERTa, with a quarter of a million pieces, has 17 MB. */
export const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;
/** Four times the largest vocabulary of a supported family. */
export const MAX_VOCABULARY = 1_000_000;
/** ModernBERT has some 120. */
export const MAX_ADDED_TOKENS = 20_000;
/** Longest token that any supported family has, several times over. */
export const MAX_TOKEN_UNITS = 1024;
/** As many as tokens: each makes one. */
export const MAX_MERGES = 1_000_000;
