import type { VergeError } from '../contract/error.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { DropSum } from '../monitor/drop-report.ts';
import type { DropReason } from '../outbox/message-store.ts';
import type { Teller } from './teller.ts';

// What the runtime tells of its models and its outbox, in its own words.

const DROPPED_BECAUSE: Readonly<Record<DropReason, string>> = {
  full: 'the outbox was full',
  age: 'the outbox had kept them for as long as it may',
  refused: 'the broker refused them again and again',
  corrupt: 'the disk gave back other bytes than it was given',
};

/** A model serves from now on, perhaps in the place of another version, or is compared with the one that serves. */
export function tellLoaded(
  teller: Teller,
  model: ModelReference,
  before: ModelReference | undefined,
  role: 'challenger' | undefined,
): Promise<void> {
  const does = role === 'challenger' ? 'is compared from now on' : 'serves';
  const place = before ? ` in the place of ${before.version}` : '';
  const message = `${model.name} ${model.version} answered its golden samples and ${does}${place}.`;
  return teller.tell('model-loaded', message, { model });
}

/** A model was not taken; of some that cannot be read not even the name is known. */
export function tellRefused(
  teller: Teller,
  model: Partial<ModelReference>,
  { code, message }: VergeError,
): Promise<void> {
  return teller.tell('model-refused', message, { code, ...(Object.keys(model).length > 0 ? { model } : {}) });
}

/** A model has left. */
export function tellUnloaded(teller: Teller, model: ModelReference, reason: string): Promise<void> {
  return teller.tell('model-unloaded', `${model.name} ${model.version} serves no more: ${reason}.`, { model });
}

/** Messages were dropped, several in one go. */
export function tellDropped(teller: Teller, { stream, reason, items }: DropSum): Promise<void> {
  const what = items === 1 ? `1 ${stream} was` : `${items} ${stream === 'stats' ? stream : `${stream}s`} were`;
  return teller.tell('results-dropped', `${what} dropped: ${DROPPED_BECAUSE[reason]}.`, { count: items });
}
