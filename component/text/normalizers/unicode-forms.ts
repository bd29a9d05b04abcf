import { type AlignedText, Changes } from '../aligned-text.ts';
import { combiningClass, compose, decompose } from '../unicode/composition.ts';
import { isAscii } from './normalizer.ts';

/** Nothing below U+0300 is changed by NFC. */
const mayCompose = /[\u0300-\uffff]/;
/**
 * Marks in a row that are put into order together. A longer row, which no script has, is ordered part by part, so that the
 * work stays in proportion; there alone the reference, which sorts any row whole, can differ.
 */
const MAX_MARKS = 4096;

interface Part {
  character: string;
  step: number;
}

/** NFD or NFKD. */
export function decomposeText(text: AlignedText, form: 'NFD' | 'NFKD'): void {
  if (isAscii(text.text)) return;
  text.apply(toChanges(decomposed(text.text, form)));
}

/** NFC or NFKC. */
export function composeText(text: AlignedText, form: 'NFC' | 'NFKC'): void {
  if (form === 'NFC' ? !mayCompose.test(text.text) : isAscii(text.text)) return;
  text.apply(toChanges(recomposed(decomposed(text.text, form === 'NFC' ? 'NFD' : 'NFKD'))));
}

function toChanges(parts: Iterable<Part>): Changes {
  const changes = new Changes();
  for (const { character, step } of parts) changes.add(character, step);
  return changes;
}

function* decomposed(text: string, form: 'NFD' | 'NFKD'): Generator<Part> {
  let marks: (Part & { order: number })[] = [];
  for (const character of text) {
    let step = 0;
    for (const part of decompose(character, form)) {
      const order = combiningClass(part);
      if (marks.length > 0 && (order === 0 || marks.length >= MAX_MARKS)) {
        yield* marks.sort((left, right) => left.order - right.order);
        marks = [];
      }
      if (order === 0) yield { character: part, step };
      else marks.push({ character: part, step, order });
      step = 1;
    }
  }
  yield* marks.sort((left, right) => left.order - right.order);
}

function* recomposed(parts: Iterable<Part>): Generator<Part> {
  let base: Part | undefined;
  let kept: Part[] = [];
  let lastOrder: number | undefined;
  for (const part of parts) {
    const order = combiningClass(part.character);
    if (base === undefined) {
      if (order === 0) base = { ...part };
      else yield part;
      continue;
    }
    const composed = lastOrder === undefined || lastOrder < order ? compose(base.character, part.character) : undefined;
    if (composed !== undefined) {
      base = { character: composed, step: base.step + part.step - 1 };
    } else if (order === 0) {
      yield base;
      yield* kept;
      kept = [];
      lastOrder = undefined;
      base = { ...part };
    } else {
      kept.push(part);
      lastOrder = order;
    }
  }
  if (base !== undefined) yield base;
  yield* kept;
}
