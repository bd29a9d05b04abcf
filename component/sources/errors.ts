import { defineErrors } from '../contract/error.ts';

/** Why a text that somebody sent is not answered. */
export const sourceErrors = defineErrors({
  SOURCE_MODEL_UNKNOWN: { fault: 'user', next: 'Name one of them, or leave `model` out for the first' },
  SOURCE_TEXT_INVALID: { fault: 'user', next: 'Send `id` and `text` as schemas/command-classify.schema.json says' },
  SOURCE_STOPPING: { fault: 'verge', next: 'The broker keeps the command and sends it again when the runtime is back' },
});
