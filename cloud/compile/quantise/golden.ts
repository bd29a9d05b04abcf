import type { GoldenSample } from '../../../component/contract/manifest.ts';
import { answerOf, type Judgement, type ObservedSample } from './answer-of.ts';
import { rounded } from './fidelity.ts';

const GOLDEN_COUNT = 16;
/** Longer texts make poor smoke tests: they cost the device time at every load. */
const MAX_UNITS = 500;
/** The integer part of the work is the same on every processor, the rest differs by far less than this (fact P10). */
const TOLERANCE = 0.02;
/** An answer whose next best comes closer than this might turn over on another processor. */
const MIN_MARGIN = 4 * TOLERANCE;

/**
 * Texts that a device answers before it lets a model serve: evenly spread over the scores of the clear answers, so that
 * they hold on every processor. Of a token task those with an entity, where there are any.
 */
export function chooseGolden(observed: readonly ObservedSample[], judgement: Judgement): GoldenSample[] {
  const seen = new Set<string>();
  const clear = observed.flatMap((sample) => {
    const { text } = sample;
    if (sample.rows.length === 0 || text.length > MAX_UNITS || seen.has(text)) return [];
    seen.add(text);
    const { label, score, margin } = answerOf(sample, judgement);
    return margin < MIN_MARGIN ? [] : [{ text, label, score }];
  });
  const named = clear.filter(({ label }) => label !== '');
  const candidates = named.length > 0 ? named : clear;
  candidates.sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
  const tolerance = judgement.problem === 'regression' ? TOLERANCE * Math.max(1, rangeOf(candidates)) : TOLERANCE;
  const chosen = new Map<string, GoldenSample>();
  for (let index = 0; index < GOLDEN_COUNT && candidates.length > 0; index++) {
    const at = Math.floor((index * (candidates.length - 1)) / (GOLDEN_COUNT - 1));
    const candidate = candidates[at];
    if (!candidate) continue;
    const { text, label, score } = candidate;
    const bounds = { scoreMin: rounded(score - tolerance), scoreMax: rounded(score + tolerance) };
    chosen.set(text, { text, label, ...bounds });
  }
  return [...chosen.values()];
}

/** From the lowest to the highest score of a list sorted downwards. */
function rangeOf(sorted: readonly { readonly score: number }[]): number {
  return (sorted[0]?.score ?? 0) - (sorted.at(-1)?.score ?? 0);
}
