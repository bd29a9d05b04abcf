import type { AlignedText } from '../aligned-text.ts';

/** What becomes of the matches that a text is split at. */
export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

export const SPLIT_BEHAVIORS: readonly SplitBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

/** Splits a text into words. */
export type PreTokenizer = (text: AlignedText) => readonly AlignedText[];

interface Segment {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

/** @param invert the matches are the words, what is between them is what the behaviour is about */
export function splitAt(
  text: AlignedText,
  matches: readonly (readonly [number, number])[],
  behavior: SplitBehavior,
  invert = false,
): AlignedText[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const [start, end] of matches) {
    if (start > from) segments.push({ start: from, end: start, isMatch: invert });
    segments.push({ start, end, isMatch: !invert });
    from = end;
  }
  if (from < text.text.length) segments.push({ start: from, end: text.text.length, isMatch: invert });
  return arranged(segments, behavior).map(({ start, end }) => text.slice(start, end));
}

function arranged(segments: Segment[], behavior: SplitBehavior): Segment[] {
  switch (behavior) {
    case 'Isolated':
      return segments;
    case 'Removed':
      return segments.filter(({ isMatch }) => !isMatch);
    case 'Contiguous':
      return joined(segments, (isMatch, previous) => isMatch === previous);
    case 'MergedWithPrevious':
      return joined(segments, (isMatch, previous) => isMatch && !previous);
    case 'MergedWithNext':
      return joined(segments.reverse(), (isMatch, previous) => isMatch && !previous).reverse();
  }
}

/** Joins a segment to the one before it in the list, where the two kinds say so. */
function joined(segments: readonly Segment[], joins: (isMatch: boolean, previous: boolean) => boolean): Segment[] {
  const out: Segment[] = [];
  let previous = false;
  for (const segment of segments) {
    const last = out.at(-1);
    if (last !== undefined && joins(segment.isMatch, previous)) {
      out[out.length - 1] = {
        ...last,
        start: Math.min(last.start, segment.start),
        end: Math.max(last.end, segment.end),
      };
    } else {
      out.push(segment);
    }
    previous = segment.isMatch;
  }
  return out;
}
