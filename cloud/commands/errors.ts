import { defineErrors } from '../../component/contract/error.ts';

/** What can be wrong with a command line. */
export const commandErrors = defineErrors({
  COMMAND_OPTION_INVALID: { fault: 'user', next: 'See `verge <verb> --help` for what the option takes.' },
  COMMAND_INPUT_UNREADABLE: { fault: 'user', next: 'Check the path and its permissions.' },
  COMMAND_INPUT_INVALID: { fault: 'user', next: 'Mend the file at that place and run the command again.' },
  COMMAND_OUTPUT_EXISTS: { fault: 'user', next: 'Name another folder, or give --force to replace it.' },
});
