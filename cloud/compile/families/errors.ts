import { defineErrors } from '../../../component/contract/error.ts';

/** Why no graph can be built from a checkpoint. */
export const familyErrors = defineErrors({
  FAMILY_UNKNOWN: {
    fault: 'user',
    next: 'Use a model of a supported family, or export it to ONNX and pack model.onnx into the archive',
  },
  FAMILY_TASK: {
    fault: 'user',
    next: 'Use text classification, or token classification on bert, distilbert, roberta, xlm-roberta or camembert',
  },
  FAMILY_CONFIG_TYPE: { fault: 'user', next: 'Correct config.json; it does not fit what transformers writes' },
  FAMILY_CONFIG_RANGE: { fault: 'user', next: 'Correct config.json; the number must fit the weights' },
  FAMILY_CONFIG_UNSUPPORTED: {
    fault: 'user',
    next: 'Retrain without this option, or export the model to ONNX and pack model.onnx into the archive',
  },
});
