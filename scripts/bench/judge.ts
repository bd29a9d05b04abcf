import { NETWORK_ALONE, PLACES, type Place } from './places.ts';
import type { Processor } from './processor.ts';
import type { Goal, ModelReport } from './report.ts';
import { BUNDLE_TARGET, FIRST_ANSWER_TARGET, MEMORY_TARGET, speedTarget } from './targets.ts';

/**
 * Holds what was measured against the targets. Speed is CPU time on one thread over the peer's better mode; memory is our
 * worse mode over the peer's frugal one; the first answer is wall time. On the caller's thread, as the peer runs, and in a
 * thread of its own, as a device has it, each by itself.
 */
export function judge(measured: Omit<ModelReport, 'goals'>, instructions: Processor['instructions']): Goal[] {
  const goals = PLACES.flatMap((place) => goalsOf(measured, instructions, place));
  if (measured.model === 'minilm') {
    goals.push(atMost("bundle, of the checkpoint's bytes", BUNDLE_TARGET, measured.bundleShare));
  }
  return goals;
}

/** A place that was not measured has no goals. */
function goalsOf(
  { model, oneThread, firstAnswer, peakMemory }: Omit<ModelReport, 'goals'>,
  instructions: Processor['instructions'],
  place: Place,
): Goal[] {
  const cpuOf = (name: string): number[] =>
    oneThread.filter((row) => row.name.startsWith(name)).map((row) => row.cpuMsPerText);
  const peer = Math.min(...cpuOf('transformers.js'));
  const target = speedTarget(model, instructions);
  const goals: Goal[] = [];
  for (const mode of ['one by one', 'batched']) {
    const [ours] = cpuOf(`Verge${place}, ${mode}`);
    if (target === undefined || ours === undefined) continue;
    const wanted = mode === 'batched' ? target.batched : target.one;
    const [network] = cpuOf(`${NETWORK_ALONE}, ${mode}`);
    const bound = network === undefined ? {} : { bound: (peer / network).toFixed(2) };
    goals.push({ ...atLeast(`${mode}${place}, times as fast`, wanted, peer / ours), ...bound });
  }
  const wall = firstAnswer.find((row) => row.name === `wall${place}, ms`);
  if (wall) goals.push(atMost(`process start to first answer${place}`, FIRST_ANSWER_TARGET, wall.verge / wall.peer));
  const shares = peakMemory
    .filter((row) => row.name.startsWith(`after the mix${place},`))
    .map((row) => row.verge / row.peer);
  if (shares.length > 0) goals.push(atMost(`peak memory${place}`, MEMORY_TARGET, Math.max(...shares)));
  return goals;
}

function atLeast(name: string, target: number, reached: number): Goal {
  return { name, target: `≥ ${target}`, reached: reached.toFixed(2), met: reached >= target };
}

function atMost(name: string, target: number, reached: number): Goal {
  return { name, target: `≤ ${target}`, reached: reached.toFixed(3), met: reached <= target };
}
