import { defineErrors } from '../contract/error.ts';

/** Why a text that somebody sent is not answered. */
export const sourceErrors = defineErrors({
  SOURCE_MODEL_UNKNOWN: { fault: 'user', next: 'Name one of them, or leave `model` out for the first' },
  SOURCE_TEXT_INVALID: { fault: 'user', next: 'Send `id` and `text` as schemas/command-classify.schema.json says' },
  SOURCE_NOT_READY: { fault: 'verge', next: 'Ask again in a moment' },
  SOURCE_REPLY_TOO_LARGE: { fault: 'user', next: 'Raise messageBytes, or lower runnersUp' },
  SOURCE_LINE_TOO_LONG: { fault: 'user', next: 'Write one text a line' },
  SOURCE_LINE_INVALID: { fault: 'user', next: 'Write lines as docs/sources.md says, in UTF-8' },
  SOURCE_FILE: { fault: 'user', next: 'Check followFile and who may read it; the runtime goes on trying' },
  SOURCE_HTTP_LISTEN: { fault: 'user', next: 'Choose another httpPort, httpHost or httpSocketPath' },
  SOURCE_HTTP_TOKEN: { fault: 'user', next: 'Write 16 to 128 letters, digits, hyphens and underscores into it' },
  SOURCE_JOURNAL_FULL: { fault: 'verge', next: 'Send it again later, fewer at once; or raise commandJournalBytes' },
  SOURCE_JOURNAL_DAMAGED: { fault: 'user', next: 'Check the disk; send again what got no result' },
  SOURCE_COMMAND_GIVEN_UP: { fault: 'user', next: 'Send its texts one by one, and report the one that fails again' },
  SOURCE_COMMAND_HELD: {
    fault: 'user',
    next: 'Make room on the disk or make it writable, and start the runtime again',
  },
  SOURCE_STOPPING: {
    fault: 'verge',
    next: 'The broker keeps commands and sends them again when the runtime is back; others ask again then',
  },
});
