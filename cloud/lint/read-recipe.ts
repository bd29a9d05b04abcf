import { open } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { lintErrors } from './errors.ts';
import type { RecipeFile } from './recipe-file.ts';
import { mapOf } from './value.ts';

/** Four times what the cloud takes: enough to say by how much a recipe is too large, and little enough to parse. */
const MAX_FILE_BYTES = 64_000;
/** What `*alias` may stand for, in all: a few levels of aliases of aliases would make gigabytes of a recipe. */
const MAX_ALIASES = 100;
/** A recipe has about ten. */
const MAX_DEPTH = 64;

/** Reads a recipe file, YAML or JSON. @throws VergeError LINT_… */
export async function readRecipe(file: string): Promise<RecipeFile> {
  return parseRecipe(await readBytes(file), file);
}

/** @param place for messages @throws VergeError LINT_NO_RECIPE */
export function parseRecipe(text: string, place: string): RecipeFile {
  const refuse = (why: string, cause?: unknown): never => {
    throw lintErrors.make('LINT_NO_RECIPE', `${place} is no recipe: ${why}`, cause);
  };
  if (depthOf(text) > MAX_DEPTH) refuse(`it nests deeper than ${MAX_DEPTH} levels`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    refuse(`line ${line}, column ${col}: ${error.message}`, error);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (caught) {
    refuse(`its aliases stand for more than ${MAX_ALIASES} values`, caught);
  }
  const top = mapOf(value);
  if (top.size === 0) refuse('it is no map of keys');
  return { sizeBytes: Buffer.byteLength(text), top };
}

/** How deep brackets or indentation nest at most: a bound on what the parser, which recurses, goes into. */
function depthOf(text: string): number {
  let brackets = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++brackets);
    else if (character === ']' || character === '}') brackets--;
  }
  for (const line of text.split('\n')) {
    const [lead = ''] = /^[ \-?:\t]*/.exec(line) ?? [];
    deepest = Math.max(deepest, lead.length / 2);
  }
  return deepest;
}

async function readBytes(file: string): Promise<string> {
  let size: number;
  try {
    const handle = await open(file, 'r');
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw new Error('it is no file');
      size = found.size;
      if (size <= MAX_FILE_BYTES) return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw lintErrors.make('LINT_UNREADABLE', `${file} cannot be read (${why})`, error);
  }
  throw lintErrors.make('LINT_TOO_LARGE', `${file} has ${size} bytes, over ${MAX_FILE_BYTES}`);
}
