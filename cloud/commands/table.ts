import Table from 'cli-table3';

/** A plain table of texts; columns are as wide as they need to be. Control characters of hostile texts are shown, not obeyed. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: head.map(printable), style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(row.map(printable));
  return table.toString();
}

/** The text with each control character replaced by its escape, so that none can drive the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}/gu, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON of one line in which what could drive a terminal is escaped; it says the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /\p{Cc}|\p{Bidi_Control}/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
