import type { ConsumerItem } from '../consumer/item.ts';
import type { Letter } from './letter.ts';
import type { TableName } from './schema/tables.ts';

/** Hears what a sink does, for its numbers and its log. */
export interface SinkObserver {
  /** Rows that were new in a table, of so many that were written there. */
  committed?(table: TableName, inserted: number, written: number): void;
  /** A transaction, from its begin to its commit. */
  transaction?(rows: number, seconds: number): void;
  /** Letters that were kept, in their table or in their file. */
  letters?(letters: readonly Letter[], where: 'table' | 'file'): void;
  /** The database went away, with its words, or is back. */
  database?(away: string | undefined): void;
  /** Letters that nothing takes now; they are tried again. */
  lettersWaiting?(reason: string): void;
  /** Items whose rows are kept and which are now acknowledged. */
  done?(items: readonly ConsumerItem[]): void;
}

/** One observer that tells several. */
export function observers(...all: readonly SinkObserver[]): SinkObserver {
  function tell(each: (observer: SinkObserver) => void): void {
    for (const observer of all) each(observer);
  }
  return {
    committed: (...words) => tell((one) => one.committed?.(...words)),
    transaction: (...words) => tell((one) => one.transaction?.(...words)),
    letters: (...words) => tell((one) => one.letters?.(...words)),
    database: (...words) => tell((one) => one.database?.(...words)),
    lettersWaiting: (...words) => tell((one) => one.lettersWaiting?.(...words)),
    done: (...words) => tell((one) => one.done?.(...words)),
  };
}
