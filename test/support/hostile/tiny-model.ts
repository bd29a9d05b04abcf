import { float32, safetensorsBytes, type WrittenTensor } from './safetensors-bytes.ts';

/** A config.json of a classifier with two labels. */
export const tinyConfig = {
  model_type: 'bert',
  architectures: ['BertForSequenceClassification'],
  id2label: { 0: 'no', 1: 'yes' },
};

/** Vocabulary of a tokenizer that can be built. */
export const tinyVocabulary = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n';

/** The head alone: opening looks no further than this. */
export const tinyTensors: Readonly<Record<string, WrittenTensor>> = {
  'classifier.bias': { dtype: 'F32', shape: [2], bytes: float32(0.5, -0.25) },
  'classifier.weight': { dtype: 'F32', shape: [2, 3], bytes: float32(1, 2, 3, 4, 5, 6) },
};

export const tinyWeights: Buffer = safetensorsBytes(tinyTensors);

/** The files of the smallest model that opens. */
export const tinyModel = {
  'config.json': JSON.stringify(tinyConfig),
  'vocab.txt': tinyVocabulary,
  'model.safetensors': tinyWeights,
};

/** The same with another config.json. */
export function withConfig(config: Readonly<Record<string, unknown>>): Record<string, Uint8Array | string> {
  return { ...tinyModel, 'config.json': JSON.stringify({ ...tinyConfig, ...config }) };
}
