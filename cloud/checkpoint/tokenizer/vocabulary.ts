import { checkpointErrors } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote, quoteValue } from '../quote.ts';
import { isCount } from '../shape.ts';

/** Token to id. */
export type Vocabulary = ReadonlyMap<string, number>;

/** What the reference cuts off the end of a line: Unicode's White_Space. */
const space = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** vocab.txt: one token a line, its id the line's number from 0. A token that comes twice has its later id. */
export function parseVocabularyText(bytes: Uint8Array): Vocabulary {
  const lines = textLines(bytes, 'vocab.txt');
  const vocabulary = new Map(lines.map((line, index) => [withoutTrailingSpace(line), index]));
  checkSize(vocabulary.size, 'vocab.txt');
  return vocabulary;
}

/** vocab.json: an object from token to id. */
export function parseVocabularyJson(bytes: Uint8Array): Vocabulary {
  const object = parseJsonObject(bytes, { file: 'vocab.json', maxDepth: 1, uniqueKeys: false });
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(object)) {
    if (!isCount(id) || id >= limits.vocabularyTokens) {
      throw checkpointErrors.make('VOCABULARY_BAD', `vocab.json gives ${quote(token)} the id ${quoteValue(id)}`);
    }
    vocabulary.set(token, id);
  }
  checkSize(vocabulary.size, 'vocab.json');
  return vocabulary;
}

/** merges.txt: two tokens a line, in the order in which they are joined; the first line may tell a version. */
export function parseMerges(bytes: Uint8Array, vocabulary: Vocabulary): [string, string][] {
  const merges: [string, string][] = [];
  for (const [index, line] of textLines(bytes, 'merges.txt').entries()) {
    if (line === '' || line.startsWith('#version')) continue;
    const [left = '', right = '', ...more] = line.split(' ');
    if (right === '' || more.length > 0 || ![left, right, left + right].every((token) => vocabulary.has(token))) {
      throw checkpointErrors.make(
        'MERGES_BAD',
        `merges.txt has ${quote(line)} on line ${index + 1}, which joins no two tokens of vocab.json to a third`,
      );
    }
    merges.push([left, right]);
  }
  return merges;
}

/** Character by character from the end: a pattern would try again at every space of a line that has millions of them. */
function withoutTrailingSpace(line: string): string {
  let end = line.length;
  while (end > 0 && space.test(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

function textLines(bytes: Uint8Array, file: string): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw checkpointErrors.make('VOCABULARY_BAD', `${file} is not UTF-8 text`, cause);
  }
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function checkSize(size: number, file: string): void {
  if (size >= 1 && size <= limits.vocabularyTokens) return;
  throw checkpointErrors.make('VOCABULARY_BAD', `${file} has ${size} tokens; 1 to ${limits.vocabularyTokens} are read`);
}
