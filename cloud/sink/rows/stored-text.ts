/**
 * PostgreSQL takes neither NUL nor half a surrogate pair. Each such unit is kept as U+FDD0, which no text uses (Unicode
 * promises that it never stands for a character), and its four hex digits; a U+FDD0 that is there all the same likewise.
 * Every other text is stored as it is.
 */
const MARK = '\uFDD0';
/** Also true of whole pairs: without the flag `u` it costs a tenth, and few texts have any. */
const SUSPECT = /[\0\uD800-\uDFFF\uFDD0]/;
const EVERY_UNSTORABLE = /[\0\uFDD0\p{Surrogate}]/gu;
const EVERY_KEPT = /\uFDD0([0-9a-f]{4})/g;

/** The text as both databases take it. */
export function storedText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(EVERY_UNSTORABLE, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The text as its sender wrote it. */
export function originalText(stored: string): string {
  return stored.replace(EVERY_KEPT, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** A value as JSON text whose strings, names of fields included, both databases take. */
export function storedJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Only an escape can hide what is unstorable: JSON.stringify escapes NUL and half pairs.
  if (!json.includes('\\u') && !json.includes(MARK)) return json;
  return JSON.stringify(mapTexts(value));
}

function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return storedText(value);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storedText(name), mapTexts(inner)]));
}
