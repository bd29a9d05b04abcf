import type { Live } from '../live/live.ts';
import type { ResultRow, ResultsFrame } from '../wire/frame.ts';
import { matchesFilter, type ResultFilter } from '../wire/result-filter.ts';
import type { EventStream } from './event-stream.ts';

/** Rows sent at once: as many as a person could see go by. */
const MAX_ROWS = 40;
/** Rows with which a view begins. */
const FIRST_ROWS = 100;

/** The results of one view: all that match are counted, the newest of them are sent. */
export class ResultWatch {
  readonly stream: EventStream;
  readonly #live: Live;
  readonly #filter: ResultFilter;
  readonly #epoch: string;
  readonly #now: () => number;
  #rows: ResultRow[];
  #seen = 0;
  #isFirst = true;
  readonly #take = (row: ResultRow): void => {
    if (!matchesFilter(row, this.#filter)) return;
    this.#seen++;
    if (this.#rows.push(row) > MAX_ROWS * 2) this.#rows = this.#rows.slice(-MAX_ROWS);
  };

  constructor(
    stream: EventStream,
    live: Live,
    filter: ResultFilter,
    epoch: string,
    since: number | undefined,
    now: () => number,
  ) {
    this.stream = stream;
    this.#live = live;
    this.#filter = filter;
    this.#epoch = epoch;
    this.#now = now;
    this.#rows = live.results
      .since(since ?? -1)
      .filter((row) => matchesFilter(row, filter))
      .slice(-FIRST_ROWS);
    this.#seen = this.#rows.length;
    live.onResult.add(this.#take);
  }

  tell(): void {
    if (!this.stream.isReading || (this.#rows.length === 0 && !this.#isFirst)) return;
    const rows = this.#rows.slice(this.#isFirst ? -FIRST_ROWS : -MAX_ROWS);
    const frame: ResultsFrame = { nowMs: this.#now(), rows, left: this.#seen - rows.length };
    this.stream.send(`${this.#epoch}.${this.#live.revision.current}`, frame);
    this.#rows = [];
    this.#seen = 0;
    this.#isFirst = false;
  }

  end(): void {
    this.#live.onResult.delete(this.#take);
    this.stream.end();
  }
}
