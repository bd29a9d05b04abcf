import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with a command line. */
export const commandErrors = defineErrors({
  COMMAND_OPTION_INVALID: { fault: 'user', next: 'See `verge <verb> --help` for what the option takes.' },
  COMMAND_ACTION_UNKNOWN: { fault: 'user', next: 'See `verge <verb> --help` for what it can do.' },
  COMMAND_DISK_FULL: { fault: 'user', next: 'Make room there, or point the TMPDIR variable to a larger disk.' },
  COMMAND_NOTHING_TO_DO: { fault: 'user', next: 'Give texts with --text or a file with --in.' },
  COMMAND_PUBLISH_WHAT: { fault: 'user', next: 'Give the folder of a bundle, or --runtime without one.' },
  COMMAND_BROKER_MISSING: { fault: 'user', next: 'Name it with --broker, or in VERGE_BROKER.' },
  COMMAND_LABELS_NEEDED: { fault: 'user', next: 'Give a file with a label column.' },
  COMMAND_FILE_UNREADABLE: {
    fault: 'user',
    next: 'Give a file that exists, that you may read, and that is no larger.',
  },
  COMMAND_LABELS_FOREIGN: { fault: 'user', next: 'Give texts with the labels that the manifest of the bundle lists.' },
  COMMAND_BUDGET_UNMET: { fault: 'user', next: 'Allow a larger bundle or more time, or compare more jobs with --top.' },
  COMMAND_TASK_UNSUPPORTED: { fault: 'user', next: 'Give a single-label text classification bundle.' },
});
