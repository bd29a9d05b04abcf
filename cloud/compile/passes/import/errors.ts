import { defineErrors } from '../../../../component/contract/error.ts';

const exportPlain =
  'Export it as a text or token classifier with inputs input_ids, attention_mask and perhaps token_type_ids, any batch and length';

/** Why a finished ONNX model cannot be taken in. */
export const importErrors = defineErrors({
  IMPORT_QUANTISED: {
    fault: 'user',
    next: 'Pack the float model instead: without it nothing can say what the quantisation costs',
  },
  IMPORT_NOT_FINITE: { fault: 'user', next: 'Train or export the model again; with such a weight it answers nothing' },
  IMPORT_UNRUNNABLE: {
    fault: 'user',
    next: 'Export the model again with opset 17 and try it in ONNX Runtime first, or pack its float weights instead',
  },
  IMPORT_INPUT_UNKNOWN: { fault: 'user', next: exportPlain },
  IMPORT_INPUT_MISSING: { fault: 'user', next: exportPlain },
  IMPORT_INPUT_TYPE: { fault: 'user', next: exportPlain },
  IMPORT_INPUT_SHAPE: { fault: 'user', next: exportPlain },
  IMPORT_OUTPUT_MISSING: { fault: 'user', next: exportPlain },
  IMPORT_OUTPUT_SHAPE: {
    fault: 'user',
    next: 'Export the model with the head and the labels that its config.json describes',
  },
});
