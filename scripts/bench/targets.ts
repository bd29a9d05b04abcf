import type { Processor } from './processor.ts';

export type ModelName = 'mini' | 'minilm';

/** Times as fast as the peer's best mode, one by one on one thread, in CPU time. */
export interface SpeedTarget {
  readonly one: number;
  readonly batched: number;
}

const VNNI: Readonly<Record<ModelName, SpeedTarget>> = {
  mini: { one: 1.7, batched: 2.4 },
  minilm: { one: 1.5, batched: 2.2 },
};
const AVX2: Readonly<Record<ModelName, SpeedTarget>> = {
  mini: { one: 1.7, batched: 2.2 },
  minilm: { one: 1.25, batched: 1.5 },
};

/** What is aimed at on a processor; nothing is known of processors without AVX2. */
export function speedTarget(model: ModelName, instructions: Processor['instructions']): SpeedTarget | undefined {
  switch (instructions) {
    case 'VNNI':
      return VNNI[model];
    case 'AVX2':
      return AVX2[model];
    case 'other':
      return undefined;
  }
}

/** At most this share of the peer's peak memory. */
export const MEMORY_TARGET = 0.75;
/** At most this share of the peer's time from process start to first answer. */
export const FIRST_ANSWER_TARGET = 0.6;
/** At most this share of the fp32 checkpoint's bytes; asked of the larger model. */
export const BUNDLE_TARGET = 0.27;
