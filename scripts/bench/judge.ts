import type { Processor } from './processor.ts';
import type { Goal, ModelReport } from './report.ts';
import { BUNDLE_TARGET, FIRST_ANSWER_TARGET, MEMORY_TARGET, speedTarget } from './targets.ts';

/**
 * Holds what was measured against the targets. Speed is CPU time on one thread over the peer's better mode; memory is our
 * worse mode over the peer's frugal one; the first answer is wall time.
 */
export function judge(
  { model, oneThread, firstAnswer, peakMemory, bundleShare }: Omit<ModelReport, 'goals'>,
  instructions: Processor['instructions'],
): Goal[] {
  const goals: Goal[] = [];
  const target = speedTarget(model, instructions);
  const cpuOf = (name: string): number[] =>
    oneThread.filter((row) => row.name.startsWith(name)).map((row) => row.cpuMsPerText);
  const peer = Math.min(...cpuOf('transformers.js'));
  if (target) {
    goals.push(atLeast('one by one, times as fast', target.one, peer / Math.min(...cpuOf('Verge, one by one'))));
    goals.push(atLeast('batched, times as fast', target.batched, peer / Math.min(...cpuOf('Verge, batched'))));
  }
  const wall = firstAnswer.find((row) => row.name.startsWith('wall'));
  if (wall) goals.push(atMost('process start to first answer', FIRST_ANSWER_TARGET, wall.verge / wall.peer));
  const shares = peakMemory.filter((row) => row.name.includes('mix')).map((row) => row.verge / row.peer);
  goals.push(atMost('peak memory', MEMORY_TARGET, Math.max(...shares)));
  if (model === 'minilm') goals.push(atMost("bundle, of the checkpoint's bytes", BUNDLE_TARGET, bundleShare));
  return goals;
}

function atLeast(name: string, target: number, reached: number): Goal {
  return { name, target: `≥ ${target}`, reached: reached.toFixed(2), met: reached >= target };
}

function atMost(name: string, target: number, reached: number): Goal {
  return { name, target: `≤ ${target}`, reached: reached.toFixed(3), met: reached <= target };
}
