import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with a command line. */
export const commandErrors = defineErrors({
  COMMAND_OPTION_INVALID: { fault: 'user', next: 'See `verge <verb> --help` for what the option takes.' },
  COMMAND_NOTHING_TO_DO: { fault: 'user', next: 'Give texts with --text or a file with --in.' },
  COMMAND_LABELS_NEEDED: { fault: 'user', next: 'Give a file with a label column.' },
  COMMAND_FILE_UNREADABLE: {
    fault: 'user',
    next: 'Give a file that exists, that you may read, and that is no larger.',
  },
  COMMAND_TASK_UNSUPPORTED: { fault: 'user', next: 'Give a single-label text classification bundle.' },
});
