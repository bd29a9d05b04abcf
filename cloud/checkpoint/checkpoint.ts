/** Which head stands on the encoder. */
export type Task = 'text-classification' | 'token-classification';

/** How logits become answers. */
export type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

/** One weight tensor of a checkpoint; the numbers are read when asked for and are not kept. */
export interface CheckpointTensor {
  /** Name without the family's prefix (`bert.`, `roberta.`, …), whether or not the file has it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** As stored. */
  readonly storedType: 'F32' | 'F16' | 'BF16' | 'F64' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';
  /** Row-major float32 copy, checked finite. */
  read(): Float32Array;
}

/** Where a checkpoint came from; goes into the manifest. */
export interface CheckpointSource {
  readonly kind: 'archive' | 'folder' | 'file';
  /** File name without its folder. */
  readonly name: string;
  /** SHA-256 (hex) of the archive, or of the weights where there is no archive. */
  readonly sha256: string;
  /** Bytes of what `sha256` covers. */
  readonly sizeBytes: number;
}

/**
 * An opened model: everything the compiler needs, checked, nothing executed.
 * `config` is config.json as parsed; each family reads and checks the keys it uses.
 */
export interface Checkpoint {
  readonly source: CheckpointSource;
  /** `model_type` of config.json. */
  readonly modelType: string;
  readonly task: Task;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** By name without prefix. Empty where the archive holds a finished `model.onnx` instead of weights. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Sum of the elements of all weights. */
  readonly parameters: number;
  /** Bytes that the same weights take in float32. */
  readonly float32Bytes: number;
  /** tokenizer.json as the device will read it: canonical, without the truncation and padding of training. */
  readonly tokenizerJson: Uint8Array;
  /** Tokens with specials that the tokenizer and the position table both allow. */
  readonly maxLength: number;
  /** Present where the archive holds a finished ONNX model: absolute path of it, in a folder that `close` removes. */
  readonly onnxPath: string | undefined;
  /** Sentences for the user: odd, yet usable. */
  readonly warnings: readonly string[];
  /** Removes what was unpacked. Safe to call twice. */
  close(): Promise<void>;
}
