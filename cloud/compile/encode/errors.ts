import { defineErrors } from '../../../component/contract/error.ts';

/** What can be wrong when ONNX bytes are written or read. */
export const encodeErrors = defineErrors({
  ENCODE_BIG_ENDIAN: { fault: 'user', next: 'Compile on a little-endian machine (x86-64 or arm64)' },
});
