import { checkpointErrors } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote, quoteValue } from '../quote.ts';
import { isCount } from '../shape.ts';

/** Labels in the order of the logits, and what is odd about them. */
export interface Labels {
  readonly labels: readonly string[];
  readonly warnings: readonly string[];
}

/** The reference's own default: two labels. */
const defaultLabelCount = 2;

/**
 * Labels from `id2label`, else as many numbered ones as `num_labels` says.
 * @throws LABELS_BAD, LABELS_TOO_MANY, LABEL_BAD, LABEL_TWICE, LABEL_COUNT_BAD
 */
export function readLabels(config: Readonly<Record<string, unknown>>): Labels {
  const declared = config.id2label;
  const labels = declared === undefined || declared === null ? numbered(config.num_labels) : inOrder(declared);
  if (isCount(config.num_labels) && config.num_labels !== labels.length) {
    throw checkpointErrors.make(
      'LABEL_COUNT_BAD',
      `config.json has num_labels ${config.num_labels} and ${labels.length} entries in id2label`,
    );
  }
  const nameless = labels.every((label) => /^LABEL_\d+$/.test(label));
  const warnings = nameless
    ? [
        `The labels have no names (${labels.slice(0, 2).join(', ')}${labels.length > 2 ? ', …' : ''}): set id2label in config.json.`,
      ]
    : [];
  return { labels, warnings };
}

function numbered(count: unknown): string[] {
  const labelCount = count ?? defaultLabelCount;
  if (!isCount(labelCount) || labelCount < 1 || labelCount > limits.labels) {
    throw checkpointErrors.make('LABEL_COUNT_BAD', `config.json has num_labels ${quoteValue(count)}`);
  }
  return Array.from({ length: labelCount }, (_, index) => `LABEL_${index}`);
}

function inOrder(declared: unknown): string[] {
  if (!isJsonObject(declared)) {
    throw checkpointErrors.make('LABELS_BAD', `id2label in config.json is no object from index to label`);
  }
  const count = Object.keys(declared).length;
  if (count < 1 || count > limits.labels) {
    throw checkpointErrors.make(
      'LABELS_TOO_MANY',
      `id2label in config.json has ${count} labels; 1 to ${limits.labels} are read`,
    );
  }
  const seen = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    if (!Object.hasOwn(declared, String(index))) {
      throw checkpointErrors.make(
        'LABELS_BAD',
        `id2label in config.json has ${count} labels and none at index ${index}`,
      );
    }
    const label = declared[String(index)];
    if (typeof label !== 'string' || label === '' || label.length > limits.labelLength) {
      throw checkpointErrors.make('LABEL_BAD', `id2label in config.json has ${quoteValue(label)} at index ${index}`);
    }
    const first = seen.get(label);
    if (first !== undefined) {
      throw checkpointErrors.make(
        'LABEL_TWICE',
        `id2label in config.json has ${quote(label)} at index ${first} and ${index}`,
      );
    }
    seen.set(label, index);
    return label;
  });
}
