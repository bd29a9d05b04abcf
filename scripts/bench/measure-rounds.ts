import type { Mode, RoundReply } from './protocol.ts';
import type { RunningSide } from './start-side.ts';

/** A side in one mode: what one row of the table is about. */
export interface Contender {
  readonly name: string;
  readonly side: RunningSide;
  readonly mode: Mode;
}

const WARM_UP_ROUNDS = 3;

export interface Measured {
  readonly name: string;
  readonly rounds: readonly RoundReply[];
}

/**
 * All contenders take turns, round by round, so that whatever else the machine does meets all of them alike. Whole rounds
 * come first that don't count: V8 compiles what runs often on threads beside, for some thousand texts, on either side.
 */
export async function measureRounds(
  contenders: readonly Contender[],
  textCount: number,
  roundCount: number,
): Promise<Measured[]> {
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp++) {
    for (const { side, mode } of contenders) await side.round({ mode, from: 0, to: textCount });
  }
  const rounds = contenders.map((): RoundReply[] => []);
  for (let round = 0; round < roundCount; round++) {
    for (const [index, { side, mode }] of contenders.entries()) {
      rounds[index]?.push(await side.round({ mode, from: 0, to: textCount }));
    }
  }
  return contenders.map(({ name }, index) => ({ name, rounds: rounds[index] ?? [] }));
}
