import { defineErrors } from '../contract/error.ts';

/** What can go wrong between an answer and its message. */
export const outboxErrors = defineErrors({
  OUTBOX_CLOSED: { fault: 'verge', next: 'Send nothing after the outbox was closed: this is a bug' },
  OUTBOX_RESULT_TOO_LARGE: { fault: 'user', next: 'Raise messageBytes, or send shorter texts and request ids' },
});
