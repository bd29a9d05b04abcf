/** Bounds on what an ONNX file may hold, checked before anything of that size is made. */
export const LIMITS = {
  /** Protobuf's own limit on one message. */
  modelBytes: 2 ** 31 - 1,
  /** Exports of the largest encoders have some 5,000. */
  nodes: 100_000,
  initializers: 100_000,
  /** Split and Concat of exports have a dozen. */
  inputsPerNode: 4096,
  attributesPerNode: 64,
  /** Entries of one `ints` or `floats` attribute. */
  attributeValues: 65_536,
  /** Dimensions of a tensor; ours have 4. */
  rank: 8,
  /** Longest dimension: what an int32 index can reach. */
  dimension: 2 ** 31 - 1,
  /** Exporters put module paths into names: hundreds of bytes. */
  nameBytes: 4096,
  /** Graph inputs and outputs. */
  values: 64,
  /** Key-value pairs that say where a tensor's bytes are; ONNX defines five keys. */
  externalEntries: 16,
} as const;

/** Operator sets whose operators mean what ONNX Runtime 1.30 on the device implements. */
export const MIN_OPSET = 11;
export const MAX_OPSET = 22;
