export interface HysteresisBounds {
  /** At or above it counts towards the beginning. */
  readonly begin: number;
  /** At or below it counts towards the end; below `begin`. */
  readonly end: number;
  /** So many in a row. */
  readonly windows: number;
}

/** Says when a value has crossed its bound for good: what wavers between the two bounds, or crosses one for a moment, says nothing. */
export class Hysteresis {
  readonly #bounds: HysteresisBounds;
  #isOn = false;
  #streak = 0;

  constructor(bounds: HysteresisBounds) {
    this.#bounds = bounds;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  update(value: number): 'began' | 'ended' | undefined {
    const { begin, end, windows } = this.#bounds;
    const crosses = this.#isOn ? value <= end : value >= begin;
    this.#streak = crosses ? this.#streak + 1 : 0;
    if (this.#streak < windows) return undefined;
    this.#isOn = !this.#isOn;
    this.#streak = 0;
    return this.#isOn ? 'began' : 'ended';
  }
}
