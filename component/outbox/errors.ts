import { defineErrors } from '../contract/error.ts';

const waits = 'Nothing is lost: sources are not acknowledged meanwhile, and it goes on by itself.';

/** What can go wrong between an answer and its message. */
export const outboxErrors = defineErrors({
  OUTBOX_CLOSED: { fault: 'verge', next: 'Send nothing after the outbox was closed: this is a bug' },
  OUTBOX_ENDED: { fault: 'verge', next: 'The source was not acknowledged: its message comes again at the next start' },
  OUTBOX_RESULT_TOO_LARGE: { fault: 'user', next: 'Raise messageBytes, or send shorter texts and request ids' },
  OUTBOX_MESSAGE_TOO_LARGE: { fault: 'verge', next: 'This is a bug: report it' },
  OUTBOX_FOLDER_IN_USE: { fault: 'user', next: 'End the other process, or give each its own outboxFolder' },
  OUTBOX_FOLDER_INVALID: { fault: 'user', next: 'Let outboxFolder name a folder, or nothing yet' },
  OUTBOX_FULL: { fault: 'verge', next: 'Bring it again when some of what is there has left' },
  OUTBOX_BUSY: { fault: 'verge', next: `Raise outboxBytes. ${waits}` },
  OUTBOX_DISK_FULL: { fault: 'user', next: `Make room on that disk, or lower outboxBytes. ${waits}` },
  OUTBOX_DISK_READ_ONLY: { fault: 'user', next: `Let the runtime write there, or set outboxFolder. ${waits}` },
  OUTBOX_DISK_FAILED: { fault: 'user', next: `Check the disk and the kernel's log. ${waits}` },
  OUTBOX_DISK_SLOW: { fault: 'user', next: `Check what else uses the disk, and whether it is failing. ${waits}` },
});
