import type { Dataset } from '../dataset/dataset.ts';

/** How to compile. */
export interface CompileOptions {
  readonly precision: 'int8' | 'fp32';
  /** Linears, or layers above them, that stay in fp32. */
  readonly keepFp32: readonly string[];
  /** Strength of smoothing, 0 for off; `auto` measures both on the samples and keeps what lowers the logit error. */
  readonly smoothing: number | 'auto';
  readonly rejectLabel: string | undefined;
  readonly samples: Dataset;
  readonly samplesKind: 'built-in' | 'user';
}
