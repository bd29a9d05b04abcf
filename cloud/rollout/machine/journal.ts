import { type JournalEntry, MAX_JOURNAL, type RolloutState } from '../state.ts';

const FIRST_KEPT = 100;
const MAX_WORDS = 2000;

/** Adds a line. Lines are never changed; of very many, the first hundred and the latest stay. */
export function withEntry(state: RolloutState, entry: JournalEntry): RolloutState {
  const journal = [...state.journal, { ...entry, words: entry.words.slice(0, MAX_WORDS) }];
  const surplus = Math.max(0, journal.length - MAX_JOURNAL);
  if (surplus > 0) journal.splice(FIRST_KEPT, surplus);
  return { ...state, journal, journalDropped: state.journalDropped + surplus, updatedAt: entry.at };
}

/** A line as a person reads it aloud: when, who, what. */
export function readAloud({ at, by, words }: JournalEntry): string {
  return `${at.slice(0, 19).replace('T', ' ')} ${nameOf(by)}: ${words}`;
}

/** The last part of an ARN: `user/ada`, `assumed-role/Operator/ada`. */
function nameOf(arn: string): string {
  return arn.split(':').slice(5).join(':') || arn;
}
