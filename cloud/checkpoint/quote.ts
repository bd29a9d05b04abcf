const maxQuotedLength = 120;

/** A name from a file, made safe for a message: quoted, cut, and with everything escaped that a terminal might obey. */
export function quote(text: string): string {
  const cut = text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}…` : text;
  const escaped = JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (one) => {
      return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
  return `'${escaped.slice(1, -1).replaceAll('\\"', '"')}'`;
}

/**
 * A value out of JSON, made safe for a message in the same way. (`String` would call a `toString` that the file itself
 * can name, and fail on it.)
 */
export function quoteValue(value: unknown): string {
  return quote(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}
