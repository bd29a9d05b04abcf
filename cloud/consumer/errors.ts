import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong before the first result is consumed; afterwards a consumer reports and goes on. */
export const consumerErrors = defineErrors({
  CONSUMER_OPTION_INVALID: {
    fault: 'user',
    next: 'See what it takes: `ConsumeOptions` in code, `--help` on the command line.',
  },
  CONSUMER_REFUSED: {
    fault: 'user',
    next: "Check the user, the password, the client id and the certificates, and the broker's log.",
  },
});
