import { defineErrors } from '../../component/contract/error.ts';

const saveAgain = 'Save the model again with `model.save_pretrained(folder)` and pack that folder';

/** Everything that can be wrong with a model on its way in. All of it is the reader's to fix, so every fault is `user`. */
export const checkpointErrors = defineErrors({
  TENSOR_MISSING: {
    fault: 'user',
    next: `The file does not hold the model that config.json describes. ${saveAgain}`,
  },
  TENSOR_EXTRA: {
    fault: 'user',
    next: `Leaving weights out would change the answers, so the model is refused. ${saveAgain}`,
  },
  TENSOR_SHAPE: {
    fault: 'user',
    next: `config.json and the weights belong to different models. ${saveAgain}`,
  },
});
