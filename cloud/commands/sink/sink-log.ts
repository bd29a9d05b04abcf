import type { ConsumerItem } from '../../consumer/item.ts';
import type { Letter } from '../../sink/letter.ts';
import type { SinkObserver } from '../../sink/observer.ts';
import type { TableName } from '../../sink/schema/tables.ts';
import { printable } from '../table.ts';

/** What a sink came to. */
export interface SinkTotals {
  readonly rows: Readonly<Record<string, number>>;
  readonly knownRows: number;
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly putAside: number;
}

/** Tells on standard error what changes: the link, the database, the first dead letter of each kind. */
export class SinkLog implements SinkObserver {
  readonly #write: (line: string) => void;
  readonly #rows: Record<string, number> = {};
  readonly #deadLetters: Record<string, number> = {};
  #knownRows = 0;
  #putAside = 0;
  #isAway = false;
  #waitingReason = '';

  constructor(write: (line: string) => void) {
    this.#write = (line) => write(`${printable(line)}\n`);
  }

  get totals(): SinkTotals {
    return {
      rows: { ...this.#rows },
      knownRows: this.#knownRows,
      deadLetters: { ...this.#deadLetters },
      putAside: this.#putAside,
    };
  }

  committed(table: TableName, inserted: number, written: number): void {
    if (table === 'things') return;
    this.#rows[table] = (this.#rows[table] ?? 0) + inserted;
    this.#knownRows += written - inserted;
  }

  letters(letters: readonly Letter[], where: 'table' | 'file'): void {
    this.#waitingReason = '';
    for (const { code, original, message, part } of letters) {
      const count = (this.#deadLetters[code] ?? 0) + 1;
      this.#deadLetters[code] = count;
      if (where === 'file') this.#putAside++;
      if (count === 1) this.#write(`dead letter, kept in the ${where}: ${code} ${part ?? original.topic}: ${message}`);
    }
  }

  database(away: string | undefined): void {
    const isAway = away !== undefined;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#write(isAway ? `database: away (${away}); nothing is acknowledged meanwhile` : 'database: back');
  }

  lettersWaiting(reason: string): void {
    if (reason === this.#waitingReason) return;
    this.#waitingReason = reason;
    this.#write(`dead letters wait: ${reason}`);
  }

  done(items: readonly ConsumerItem[]): void {
    for (const item of items) {
      if (item.kind === 'link') this.#write(`broker: ${item.state} (${item.reason})`);
      if (item.kind === 'gap') this.#write(`gap: ${item.missing} ${item.stream} messages of ${item.thing} are missing`);
    }
  }
}
