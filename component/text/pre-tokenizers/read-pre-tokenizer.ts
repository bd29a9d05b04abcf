import { type JsonReader, unsupported } from '../json-reader.ts';
import { readPattern } from '../normalizers/read-normalizer.ts';
import { gpt2Words, splitByteLevel } from './byte-level.ts';
import { readMetaspace, readScheme } from './metaspace.ts';
import { type PreTokenizer, SPLIT_BEHAVIORS, type SplitBehavior, splitAt } from './split.ts';
import { punctuationMatches, splitAtBlanks, splitBert, splitWordsAndSigns } from './words.ts';

const MAX_SEQUENCE = 32;
const MAX_DEPTH = 8;
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** What `pre_tokenizer` of a tokenizer.json does, step by step. */
export interface PreTokenizerPlan {
  readonly steps: readonly PreTokenizer[];
  /** The words go on as bytes, each written as a character. */
  readonly byteLevel: boolean;
  /** The words depend on where in the source they come from. */
  readonly needsOrigin: boolean;
}

export function readPreTokenizer(preTokenizer: JsonReader | undefined, depth = 0): PreTokenizerPlan {
  if (preTokenizer === undefined) return plan();
  const type = preTokenizer.string('type');
  switch (type) {
    case 'Sequence':
      return readSequence(preTokenizer, depth);
    case 'ByteLevel': {
      const addPrefixSpace = preTokenizer.boolean('add_prefix_space', true);
      const useRegex = preTokenizer.boolean('use_regex', true);
      return plan((text) => splitByteLevel(text, addPrefixSpace, useRegex), { byteLevel: true });
    }
    case 'Metaspace':
      return plan(readMetaspace(preTokenizer), { needsOrigin: readScheme(preTokenizer) === 'first' });
    case 'WhitespaceSplit':
      return plan(splitAtBlanks);
    case 'Whitespace':
      return plan(splitWordsAndSigns);
    case 'BertPreTokenizer':
      return plan(splitBert);
    case 'Punctuation': {
      const behavior = readBehavior(preTokenizer, 'Isolated');
      return plan((text) => splitAt(text, punctuationMatches(text.text), behavior));
    }
    case 'Split':
      return plan(readSplit(preTokenizer));
    default:
      throw unsupported(`${preTokenizer.path}.type`, preTokenizer.raw('type'));
  }
}

function plan(
  step?: PreTokenizer,
  { byteLevel = false, needsOrigin = false }: Partial<Omit<PreTokenizerPlan, 'steps'>> = {},
): PreTokenizerPlan {
  return { steps: step === undefined ? [] : [step], byteLevel, needsOrigin };
}

function readSequence(preTokenizer: JsonReader, depth: number): PreTokenizerPlan {
  if (depth >= MAX_DEPTH) throw unsupported(preTokenizer.path, `a sequence ${MAX_DEPTH} levels deep`);
  const steps: PreTokenizer[] = [];
  let byteLevel = false;
  let needsOrigin = false;
  for (const part of preTokenizer.objects('pretokenizers', MAX_SEQUENCE)) {
    if (byteLevel) throw unsupported(part.path, 'a step behind ByteLevel');
    const read = readPreTokenizer(part, depth + 1);
    steps.push(...read.steps);
    byteLevel = read.byteLevel;
    needsOrigin ||= read.needsOrigin;
  }
  return { steps, byteLevel, needsOrigin };
}

function readSplit(preTokenizer: JsonReader): PreTokenizer {
  const behavior = readBehavior(preTokenizer, undefined);
  const invert = preTokenizer.boolean('invert', false);
  const matcher = preTokenizer.object('pattern')?.raw('Regex') === GPT2_PATTERN ? gpt2Words : readPattern(preTokenizer);
  return (text) => splitAt(text, matcher(text.text), behavior, invert);
}

function readBehavior(preTokenizer: JsonReader, fallback: SplitBehavior | undefined): SplitBehavior {
  const name = preTokenizer.string('behavior') ?? fallback;
  const behavior = SPLIT_BEHAVIORS.find((known) => known === name);
  if (behavior === undefined) throw unsupported(`${preTokenizer.path}.behavior`, name);
  return behavior;
}
