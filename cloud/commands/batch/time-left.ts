/** How a long job stands, and when it will end if it goes on as it did. */
export class TimeLeft {
  readonly #now: () => number;
  #startedAt: number | undefined;
  #startShare = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * @param share of the work that is done, from 0 to 1; what was done before the first call is not held to the clock
   * @param fresh texts that were answered since
   */
  describe(share: number, fresh: number): string {
    const now = this.#now();
    if (this.#startedAt === undefined) {
      this.#startedAt = now;
      this.#startShare = share;
    }
    const percent = `${Math.floor(share * 100)} %`;
    const elapsedMs = now - this.#startedAt;
    const gained = share - this.#startShare;
    if (fresh === 0 || gained <= 0 || elapsedMs <= 0) return percent;
    const perSecond = Math.round((fresh / elapsedMs) * 1000);
    return `${percent}, ${perSecond} texts/s, ${duration((elapsedMs * (1 - share)) / gained)} left`;
  }
}

/** In the two largest units that matter. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
