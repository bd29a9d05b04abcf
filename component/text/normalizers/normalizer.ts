import { type AlignedText, Changes } from '../aligned-text.ts';

/** Changes a text in place. */
export type Normalizer = (text: AlignedText) => void;

const beyondAscii = /[\u0080-\uffff]/;

export function isAscii(text: string): boolean {
  return !beyondAscii.test(text);
}

/** Drops characters. */
export function filterCharacters(text: AlignedText, keeps: (codePoint: number) => boolean): void {
  const changes = new Changes();
  let dropped = 0;
  let skipped = 0;
  let any = false;
  for (const character of text.text) {
    if (!keeps(character.codePointAt(0) ?? 0)) {
      dropped++;
      any = true;
      continue;
    }
    if (changes.steps.length === 0) skipped = dropped;
    else changes.adjustLast(-dropped);
    changes.add(character, 0);
    dropped = 0;
  }
  changes.adjustLast(-dropped);
  if (any) text.apply(changes, skipped);
}

/** Puts characters in the place of single ones: the first replaces it, the others are inserted behind. */
export function mapCharacters(text: AlignedText, map: (character: string) => string): void {
  const changes = new Changes();
  for (const character of text.text) {
    let step = 0;
    for (const mapped of map(character)) changes.add(mapped, step++ === 0 ? 0 : 1);
  }
  text.apply(changes);
}

/** Lower case, character by character. */
export function lowercase(text: AlignedText): void {
  if (isAscii(text.text)) text.replaceUnits(text.text.toLowerCase());
  else mapCharacters(text, (character) => character.toLowerCase());
}
