import { commandErrors } from './errors.ts';

/** The value of an option that takes a text; undefined where it was not given. */
export function textOption(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may be repeated; none where it was not given. */
export function listOption(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The value of an option that takes a number within bounds. @throws VergeError COMMAND_OPTION_INVALID */
export function numberOption(value: unknown, flag: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const found = value === '' ? Number.NaN : Number(value);
  if (Number.isFinite(found) && found >= min && found <= max) return found;
  throw commandErrors.make('COMMAND_OPTION_INVALID', `${flag} ${String(value)} is no number from ${min} to ${max}`);
}

/** The same for whole numbers. */
export function integerOption(value: unknown, flag: string, min: number, max: number): number | undefined {
  const found = numberOption(value, flag, min, max);
  if (found === undefined || Number.isInteger(found)) return found;
  throw commandErrors.make('COMMAND_OPTION_INVALID', `${flag} ${String(value)} is no whole number`);
}
