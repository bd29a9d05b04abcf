/** New characters in order, each with what it did: 0 replaces one, n > 0 is inserted, −n replaces one and drops n behind it. */
export class Changes {
  readonly characters: string[] = [];
  readonly steps: number[] = [];

  add(character: string, step: number): void {
    this.characters.push(character);
    this.steps.push(step);
  }

  /** Changes the step of the last character by `difference`; nothing where there is none. */
  adjustLast(difference: number): void {
    const last = this.steps.length - 1;
    if (last >= 0) this.steps[last] = (this.steps[last] ?? 0) + difference;
  }
}

/** Where each UTF-16 unit of a text came from: units `starts[i]` up to `ends[i]` of the source. */
interface Origin {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** One character becomes eighteen at most under NFKC. */
const MAX_GROWTH = 32;
const MIN_ROOM = 4096;

/**
 * A text on its way through the stages, and where its characters came from. What the reference's `NormalizedString` does to
 * alignments is done here step by step, its oddities included, since they show in offsets. Where nobody asks for offsets,
 * only the text is kept.
 */
export class AlignedText {
  text: string;
  /** Replacements of replacements could make a text grow without end; nothing is kept beyond here. */
  readonly mostUnits: number;
  readonly #tracked: boolean;
  /** Undefined while the text is still the source's own from unit `#base` on, and where nothing is tracked. */
  #origin: Origin | undefined;
  readonly #base: number;

  private constructor(text: string, base: number, tracked: boolean, origin: Origin | undefined) {
    this.text = text;
    this.mostUnits = text.length * MAX_GROWTH + MIN_ROOM;
    this.#base = base;
    this.#tracked = tracked;
    this.#origin = origin;
  }

  /** A stretch of the source that starts at its unit `base`. */
  static of(text: string, base: number, tracked: boolean): AlignedText {
    return new AlignedText(text, base, tracked, undefined);
  }

  slice(from: number, to: number): AlignedText {
    if (from === 0 && to === this.text.length) return this;
    const origin = this.#origin && {
      starts: this.#origin.starts.slice(from, to),
      ends: this.#origin.ends.slice(from, to),
    };
    return new AlignedText(this.text.slice(from, to), this.#base + from, this.#tracked, origin);
  }

  /** Unit of the source where the character at `unit` begins. */
  startOf(unit: number): number {
    if (this.#origin !== undefined) return this.#origin.starts[unit] ?? 0;
    return this.#base + (isInside(this.text, unit) ? unit - 1 : unit);
  }

  /** Unit of the source behind the character at `unit`. */
  endOf(unit: number): number {
    if (this.#origin !== undefined) return this.#origin.ends[unit] ?? 0;
    return this.#base + unit + (isInside(this.text, unit + 1) ? 2 : 1);
  }

  /** Other characters in the same places, unit by unit. */
  replaceUnits(text: string): void {
    this.text = text;
  }

  /** @param skipped how many characters are dropped before the first change */
  apply(changes: Changes, skipped = 0): void {
    if (this.text === '') return;
    const text = changes.characters.join('');
    if (this.#tracked) this.#origin = this.#moved(changes, skipped);
    this.text = text;
  }

  /** Cuts what has grown past all reason. */
  cut(): void {
    if (this.text.length > this.mostUnits) this.text = this.text.slice(0, this.mostUnits);
  }

  /** Puts a text before, which then comes from where the first character came from. Nothing before an empty text. */
  prepend(content: string): void {
    if (this.text === '') return;
    if (this.#tracked) {
      const { starts, ends } = this.#written();
      const times = { length: content.length };
      this.#origin = {
        starts: [...Array.from(times, () => starts[0] ?? 0), ...starts],
        ends: [...Array.from(times, () => ends[0] ?? 0), ...ends],
      };
    }
    this.text = content + this.text;
  }

  /** Writes `content` for every match; it comes from where the match's last character came from. */
  replace(matches: readonly (readonly [number, number])[], content: string): void {
    if (matches.length === 0) return;
    const old = this.#tracked ? this.#written() : undefined;
    const starts: number[] = [];
    const ends: number[] = [];
    let text = '';
    let from = 0;
    const keep = (to: number): void => {
      text += this.text.slice(from, to);
      for (let unit = from; old !== undefined && unit < to; unit++) {
        starts.push(old.starts[unit] ?? 0);
        ends.push(old.ends[unit] ?? 0);
      }
    };
    for (const [start, end] of matches) {
      keep(start);
      text += content;
      for (let unit = 0; old !== undefined && unit < content.length; unit++) {
        starts.push(old.starts[end - 1] ?? 0);
        ends.push(old.ends[end - 1] ?? 0);
      }
      from = text.length > this.mostUnits ? this.text.length : end;
      if (from > end) break;
    }
    keep(this.text.length);
    this.text = text;
    if (old !== undefined) this.#origin = { starts, ends };
  }

  #moved({ characters, steps }: Changes, skipped: number): Origin {
    const old = this.#written();
    const starts: number[] = [];
    const ends: number[] = [];
    let at = 0;
    const skip = (count: number): void => {
      for (let left = count; left > 0 && at < this.text.length; left--) at += widthAt(this.text, at);
    };
    skip(skipped);
    for (const [index, character] of characters.entries()) {
      const step = steps[index] ?? 0;
      const from = step > 0 ? at - 1 : at;
      const start = old.starts[from] ?? 0;
      const end = old.ends[from] ?? 0;
      for (let unit = 0; unit < character.length; unit++) {
        starts.push(start);
        ends.push(end);
      }
      if (step <= 0) skip(1 - step);
    }
    return { starts, ends };
  }

  #written(): Origin {
    if (this.#origin !== undefined) return this.#origin;
    const units = Array.from({ length: this.text.length }, (_, unit) => unit);
    return { starts: units.map((unit) => this.startOf(unit)), ends: units.map((unit) => this.endOf(unit)) };
  }
}

/** True where `unit` is the second half of a character. */
function isInside(text: string, unit: number): boolean {
  return (text.charCodeAt(unit) & 0xfc00) === 0xdc00;
}

function widthAt(text: string, unit: number): number {
  return (text.charCodeAt(unit) & 0xfc00) === 0xd800 ? 2 : 1;
}
