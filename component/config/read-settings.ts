import { open } from 'node:fs/promises';
import type { Settings } from '../contract/settings.ts';
import { configErrors } from './errors.ts';
import { parseSettings } from './parse-settings.ts';

/** Every key at its longest is about 30 KB. */
const MAX_SETTINGS_BYTES = 64 * 1024;

/**
 * Reads the settings file, once, at the door.
 * @throws VergeError CONFIG_…
 */
export async function readSettings(file: string | undefined): Promise<Settings> {
  if (file === undefined || file === '') {
    throw configErrors.make('CONFIG_MISSING', 'no settings file was given');
  }
  const text = await readText(file);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw configErrors.make('CONFIG_NOT_JSON', `${file} is not JSON (${String(error)})`, error);
  }
  return await parseSettings(raw, file);
}

async function readText(file: string): Promise<string> {
  let size: number;
  try {
    const handle = await open(file, 'r');
    try {
      ({ size } = await handle.stat());
      if (size <= MAX_SETTINGS_BYTES) return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw configErrors.make('CONFIG_UNREADABLE', `the settings file ${file} cannot be read (${reason})`, error);
  }
  throw configErrors.make('CONFIG_TOO_LARGE', `${file} has ${size} bytes, over ${MAX_SETTINGS_BYTES}`);
}
