import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong between a checkpoint and a bundle. */
export const compileErrors = defineErrors({
  COMPILE_FIDELITY_REFUSED: {
    fault: 'user',
    next: 'Keep the layers that hurt most in fp32 (`--keep-fp32 LAYER,…`), compile with `--precision fp32`, or give samples that look like the real texts (`--samples FILE`); nothing was written.',
  },
  COMPILE_KEEP_FP32_UNKNOWN: {
    fault: 'user',
    next: 'Name layers as they are listed here, or a name that they stand below, such as `layer.0`.',
  },
  COMPILE_REJECT_LABEL_UNKNOWN: { fault: 'user', next: 'Give one of the labels of the model to `--reject-label`.' },
  COMPILE_REJECT_LABEL_NEEDS_SAMPLES: {
    fault: 'user',
    next: 'Give labelled samples (`--samples FILE`) that hold texts with that label, or leave `--reject-label` out.',
  },
  COMPILE_REJECT_LABEL_NEEDS_SINGLE_LABEL: {
    fault: 'user',
    next: 'Leave `--reject-label` out: only single-label models can reject.',
  },
  COMPILE_SAMPLE_LABEL_UNKNOWN: { fault: 'user', next: 'Use the labels of the model, or samples without labels.' },
  COMPILE_SAMPLE_LABEL_UNUSABLE: { fault: 'user', next: 'Give the texts without labels.' },
  COMPILE_REGRESSION_SEVERAL: {
    fault: 'user',
    next: 'Regressions of one value are supported: train the model with num_labels 1, or as a classifier.',
  },
  COMPILE_TOKENIZER_FOREIGN: { fault: 'user', next: 'Pack the tokenizer that the model was trained with.' },
  COMPILE_NAME_INVALID: {
    fault: 'user',
    next: 'Use lower-case letters, digits and dashes, at most 63, as in `--name intents-mini`.',
  },
  COMPILE_VERSION_INVALID: { fault: 'user', next: 'Use a semantic version, as in `--model-version 1.2.0`.' },
});
