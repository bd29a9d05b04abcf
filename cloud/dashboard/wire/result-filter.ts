import type { ResultRow } from './frame.ts';

/** Which results a view wants; what is absent is all. */
export interface ResultFilter {
  readonly thing?: string | undefined;
  readonly label?: string | undefined;
  readonly model?: string | undefined;
  readonly only?: 'failed' | 'rejected' | undefined;
}

/** Longer words than these are in no name. */
const MAX_FILTER_LENGTH = 256;

/** The filter that an address asks for. Words that it doesn't know are passed over. */
export function readResultFilter(query: URLSearchParams): ResultFilter {
  const word = (name: string): string | undefined => query.get(name)?.slice(0, MAX_FILTER_LENGTH) || undefined;
  const only = query.get('only');
  return {
    thing: word('thing'),
    label: word('label'),
    model: word('model'),
    only: only === 'failed' || only === 'rejected' ? only : undefined,
  };
}

export function isEmptyFilter({ thing, label, model, only }: ResultFilter): boolean {
  return thing === undefined && label === undefined && model === undefined && only === undefined;
}

/** Names are found by a part of them, labels and models by the whole. */
export function matchesFilter(row: ResultRow, { thing, label, model, only }: ResultFilter): boolean {
  if (only !== undefined && !row.flags.includes(only)) return false;
  if (label !== undefined && row.label !== label) return false;
  if (model !== undefined && row.model !== model) return false;
  return thing === undefined || `${row.fleet}/${row.thing}`.includes(thing);
}
