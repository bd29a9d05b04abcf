/** A value of any format as JSON: whole numbers of any size as digits, times as ISO 8601, bytes as base64. */
export function jsonOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return JSON.stringify(Number.isNaN(value.getTime()) ? null : value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as unknown as Iterable<unknown>, jsonOf).join(',')}]`; // the typed arrays of numbers
  if (typeof value === 'object') return objectOf(Object.keys(value), Object.values(value));
  return JSON.stringify(value) ?? 'null';
}

/** An object of names and their values, as JSON. */
export function objectOf(names: readonly string[], values: readonly unknown[]): string {
  return `{${fieldsOf(names, values)}}`;
}

/** The same without its braces. */
export function fieldsOf(names: readonly string[], values: readonly unknown[]): string {
  return names.map((name, index) => `${JSON.stringify(name)}:${jsonOf(values[index])}`).join(',');
}

/** A value as the text of a table's cell; what is absent is empty. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (value instanceof Date || value instanceof Uint8Array) return JSON.parse(jsonOf(value)) ?? '';
  return jsonOf(value);
}
