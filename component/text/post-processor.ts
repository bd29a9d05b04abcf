import type { AddedToken } from './added-tokens.ts';
import { type JsonReader, unsupported } from './json-reader.ts';
import { MAX_VOCABULARY } from './limits.ts';

/** What is done to the tokens of a text at last. */
export interface PostProcessing {
  /** Special tokens around one text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** How blanks are taken off the offsets, one after the other. */
  readonly trims: readonly Trim[];
}

/** Takes the blanks of a token off its offsets. */
export interface Trim {
  /** One blank before the first token is not of the text. */
  readonly addPrefixSpace: boolean;
  /** Special tokens stand before the first already. */
  readonly behindPrefix: boolean;
}

const MAX_TEMPLATE = 64;
const MAX_SEQUENCE = 16;
const none: PostProcessing = { prefix: [], suffix: [], trims: [] };

/** What `post_processor` puts around a single text. */
export function readPostProcessor(root: JsonReader, added: readonly AddedToken[]): PostProcessing {
  const processor = root.object('post_processor');
  return processor === undefined ? none : readOne(processor, added);
}

function readOne(processor: JsonReader, added: readonly AddedToken[]): PostProcessing {
  const type = processor.string('type');
  switch (type) {
    case 'TemplateProcessing':
      return readTemplate(processor, added);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return {
        prefix: [pairId(processor, 'cls')],
        suffix: [pairId(processor, 'sep')],
        trims: type === 'RobertaProcessing' ? readTrims(processor) : [],
      };
    case 'ByteLevel':
      return { ...none, trims: readTrims(processor) };
    case 'Sequence': {
      const parts = processor.objects('processors', MAX_SEQUENCE).map((part) => {
        if (part.string('type') === 'Sequence') throw unsupported(`${part.path}.type`, 'Sequence inside a Sequence');
        return readOne(part, added);
      });
      // Each goes around what the one before it made.
      return parts.reduce(
        (inner, outer) => ({
          prefix: [...outer.prefix, ...inner.prefix],
          suffix: [...inner.suffix, ...outer.suffix],
          trims: [...inner.trims, ...outer.trims.map((trim) => ({ ...trim, behindPrefix: inner.prefix.length > 0 }))],
        }),
        none,
      );
    }
    default:
      throw unsupported(`${processor.path}.type`, type);
  }
}

function readTrims(processor: JsonReader): Trim[] {
  const addPrefixSpace = processor.boolean('add_prefix_space', true);
  return processor.boolean('trim_offsets', true) ? [{ addPrefixSpace, behindPrefix: false }] : [];
}

function readTemplate(processor: JsonReader, added: readonly AddedToken[]): PostProcessing {
  const named = processor.object('special_tokens');
  const prefix: number[] = [];
  const suffix: number[] = [];
  let seen = false;
  for (const part of processor.objects('single', MAX_TEMPLATE)) {
    const special = part.object('SpecialToken');
    if (special === undefined) {
      if (part.object('Sequence')?.string('id') !== 'A' || seen)
        throw unsupported(part.path, 'a template other than one text');
      seen = true;
      continue;
    }
    const name = special.string('id');
    if (name === undefined) throw special.missing('id');
    const ids = named?.object(name)?.list('ids', MAX_TEMPLATE) ?? [added.find(({ content }) => content === name)?.id];
    for (const id of ids) {
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_VOCABULARY)
        throw special.invalid('id', 'has no id');
      (seen ? suffix : prefix).push(id);
    }
  }
  if (!seen) throw unsupported(`${processor.path}.single`, 'a template without the text');
  return { prefix, suffix, trims: [] };
}

/** `"cls": ["[CLS]", 101]` */
function pairId(processor: JsonReader, key: string): number {
  const id = processor.list(key, 2)[1];
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_VOCABULARY)
    throw processor.invalid(key, 'is no pair of token and id');
  return id;
}
