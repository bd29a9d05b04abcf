import { defineErrors } from '../../../component/contract/error.ts';

const exportAgain = 'Export the model again (for example `optimum-cli export onnx`) and pack it whole';
const exportPlain = 'Export the model again without this, or pack its float weights (model.safetensors) instead';

/** What can be wrong when ONNX bytes are written or read. */
export const encodeErrors = defineErrors({
  ENCODE_BIG_ENDIAN: { fault: 'user', next: 'Compile on a little-endian machine (x86-64 or arm64)' },
  ONNX_MALFORMED: { fault: 'user', next: exportAgain },
  ONNX_TOO_LARGE: { fault: 'user', next: 'Use a smaller model; no text classifier needs this' },
  ONNX_OPSET: { fault: 'user', next: 'Export the model again with opset 17' },
  ONNX_ELEMENT_TYPE: { fault: 'user', next: exportPlain },
  ONNX_UNSUPPORTED: { fault: 'user', next: exportPlain },
  ONNX_DOMAIN: { fault: 'user', next: exportPlain },
  ONNX_TENSOR_SIZE: { fault: 'user', next: exportAgain },
  ONNX_EXTERNAL_PATH: {
    fault: 'user',
    next: 'Export the model again with its weights in a file of its own folder, or inside model.onnx',
  },
  ONNX_EXTERNAL_MISSING: { fault: 'user', next: 'Pack the weights file together with model.onnx' },
  ONNX_EXTERNAL_RANGE: { fault: 'user', next: exportAgain },
});
