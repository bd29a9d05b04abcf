import path from 'node:path';
import type { CompileRequest } from '../../cloud/commands/compile.ts';
import type { Progress } from '../../cloud/commands/progress.ts';
import { temporaryFolder } from './altered-checkpoint.ts';
import { repositoryPath } from './paths.ts';

export const silent: Progress = { update: () => {}, note: () => {}, stop: () => {} };

/** Real texts with the labels of `intents-mini`, one or more of each. */
export const labelledSamples = repositoryPath('test/models/intents-mini/samples.tsv');

/** A compile as the command line asks for it when it says nothing but the samples. */
export const compileDefaults: Omit<CompileRequest, 'source' | 'out'> = {
  name: 'tried',
  version: '1.0.0',
  precision: 'int8',
  samples: [labelledSamples],
  rejectLabel: undefined,
  keepFp32: [],
  smoothing: 'auto',
  maxLength: undefined,
  force: false,
};

/** A compile of `source` into a folder that goes with the test. */
export function compileRequest(source: string, changes: Partial<CompileRequest> = {}): CompileRequest {
  return { ...compileDefaults, source, out: path.join(temporaryFolder(), 'bundle'), ...changes };
}
