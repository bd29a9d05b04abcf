import { stat } from 'node:fs/promises';
import path from 'node:path';
import { kindOf } from '../dataset/rows/open-rows.ts';
import { batchErrors } from './errors.ts';
import type { Input } from './find-inputs.ts';

/** An input and where its answers go. */
export interface Planned {
  readonly input: Input;
  readonly out: string;
}

/**
 * Says where each input's answers go: one input into a file of the kind that `out` ends in, else each into the folder `out`
 * under its own name. Texts without columns (.txt) become JSON Lines.
 * @throws VergeError BATCH_OUT_INVALID
 */
export async function planOutputs(inputs: readonly Input[], out: string): Promise<readonly Planned[]> {
  if (out.startsWith('s3://')) {
    throw batchErrors.make(
      'BATCH_OUT_INVALID',
      `${out} is in S3, and answers are written to this machine: name a folder here, and copy it there with \`aws s3 cp --recursive\``,
    );
  }
  const isFolder = (await stat(out).catch(() => undefined))?.isDirectory() ?? out.endsWith('/');
  const kind = isFolder ? undefined : kindOf(out);
  const [only] = inputs;
  if (kind === 'txt') throw batchErrors.make('BATCH_OUT_INVALID', `${out} has no room for answers`);
  if (kind !== undefined) {
    if (only === undefined || inputs.length > 1) {
      throw batchErrors.make('BATCH_OUT_INVALID', `${out} is one file, and there are ${inputs.length} inputs`);
    }
    return [checked({ input: only, out })];
  }
  if (!isFolder && path.extname(out) !== '') {
    throw batchErrors.make('BATCH_OUT_INVALID', `${out} ends in ${path.extname(out)}, which is not written`);
  }
  const planned = inputs.map((input) => checked({ input, out: path.join(out, outName(input)) }));
  const taken = new Set<string>();
  for (const one of planned) {
    if (taken.has(one.out))
      throw batchErrors.make('BATCH_OUT_INVALID', `Two inputs would both be written to ${one.out}`);
    taken.add(one.out);
  }
  return planned;
}

/** What an output is called in the folder of a batch. */
export function outName({ relative, kind }: Pick<Input, 'relative' | 'kind'>): string {
  return kind === 'txt' ? `${relative.slice(0, -'.txt'.length)}.jsonl` : relative;
}

function checked(planned: Planned): Planned {
  const { input, out } = planned;
  if (input.place === undefined && path.resolve(input.name) === path.resolve(out)) {
    throw batchErrors.make('BATCH_OUT_INVALID', `${input.name} would be written over by its own answers`);
  }
  return planned;
}
