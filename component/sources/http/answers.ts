import type { Classification, ScoredLabel } from '../../classify/classification.ts';
import type { TextOutcome } from '../text-desk.ts';

/**
 * Labels with scores, the answer first. Where the model's best guess was rejected, nothing is listed that scores higher than
 * the reject label, so that callers who take the first and callers who take the highest come to the same.
 */
export function scoresOf({ label, score, rejected, runnersUp }: Classification): ScoredLabel[] {
  const others = rejected ? runnersUp.filter((other) => other.score < score) : runnersUp;
  return [{ label, score }, ...others];
}

/** The answer. @throws VergeError what became of the text instead */
export function answerOf(outcome: TextOutcome | undefined): Classification {
  if (outcome === undefined) throw new Error('a text has no outcome');
  if (!outcome.ok) throw outcome.error;
  return outcome.answer;
}

/** Offsets in Unicode characters, as Python and Comprehend count, of offsets in UTF-16 units. */
export function characterOffsets(text: string): (unit: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (unit) => unit;
  const offsets: number[] = [];
  let characters = 0;
  for (const character of text) {
    for (let unit = 0; unit < character.length; unit++) offsets.push(characters);
    characters++;
  }
  offsets.push(characters);
  return (unit) => offsets[unit] ?? characters;
}
