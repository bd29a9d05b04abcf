import * as z from 'zod';
import { type CommandText, commandTextSchema } from '../../contract/command.ts';
import type { VergeError } from '../../contract/error.ts';
import { modelNameSchema } from '../../contract/manifest.ts';
import { requestIdSchema } from '../../contract/parts.ts';
import { readAs, readJson } from '../../contract/read-json.ts';
import { sourceErrors } from '../errors.ts';
import type { Line } from './line-cutter.ts';

/** As long as a text of a command may be. */
export const MAX_LINE_BYTES = 128 * 1024;

export interface LineText extends CommandText {
  readonly model: string | undefined;
}

/** One line of the format `jsonl`. */
const lineSchema = z.object({
  id: requestIdSchema.optional(),
  text: commandTextSchema.shape.text,
  model: modelNameSchema.optional(),
});

const utf8 = new TextDecoder('utf-8', { fatal: true });
const CARRIAGE_RETURN = 0x0d;

/**
 * The text of a line; undefined where the line is empty, and an error where it is none.
 * @param id for a text that brings none of its own
 */
export function readLine(line: Line, format: 'lines' | 'jsonl', id: string): LineText | VergeError | undefined {
  if (line.bytes === undefined) {
    const what = `the line at ${line.start} has over ${MAX_LINE_BYTES} bytes`;
    return sourceErrors.make('SOURCE_LINE_TOO_LONG', what);
  }
  const bytes = line.bytes.at(-1) === CARRIAGE_RETURN ? line.bytes.subarray(0, -1) : line.bytes;
  if (bytes.length === 0) return undefined;
  if (format === 'lines') {
    try {
      return { id, text: utf8.decode(bytes), model: undefined };
    } catch {
      return sourceErrors.make('SOURCE_LINE_INVALID', `the line at ${line.start} is not UTF-8`);
    }
  }
  const json = readJson(bytes);
  const read = json.ok ? readAs(lineSchema, json.value) : json;
  if (!read.ok) {
    const what = `the line at ${line.start} cannot be read: ${read.failure.message}`;
    return sourceErrors.make('SOURCE_LINE_INVALID', what);
  }
  const { text, model } = read.value;
  return { id: read.value.id ?? id, text, model };
}
