import { defineErrors } from '../contract/error.ts';

/** What can go wrong between a text and its answer. */
export const engineErrors = defineErrors({
  ENGINE_QUEUE_FULL: { fault: 'user', next: 'Send more slowly, or raise the queue limit.' },
  ENGINE_CLOSED: { fault: 'user', next: 'Send the text again when the runtime is up.' },
  ENGINE_TEXT_TOO_LONG: { fault: 'user', next: 'Send the part of the text that matters.' },
  ENGINE_LOAD_FAILED: { fault: 'verge', next: 'Check the bundle with `verge lint`, and the device’s memory.' },
  ENGINE_RUN_FAILED: { fault: 'verge', next: 'This is a bug or a damaged bundle: report it with the model.' },
  ENGINE_WORKER_FAILED: { fault: 'verge', next: 'Restart the runtime; if it happens again, report it with the log.' },
});
