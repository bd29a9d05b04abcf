import { defineErrors } from '../contract/error.ts';

/** What can go wrong between the device and its broker. */
export const linkErrors = defineErrors({
  LINK_DOWN: { fault: 'verge', next: 'It is sent again when the link is back; check the broker and the network' },
  LINK_CLOSED: { fault: 'verge', next: 'Send nothing after the link was closed: this is a bug' },
  LINK_PUBLISH_TIMEOUT: { fault: 'verge', next: 'Check whether the broker is overloaded' },
  LINK_PUBLISH_REFUSED: { fault: 'user', next: 'Check what the broker lets this client publish' },
  LINK_SUBSCRIBE_REFUSED: { fault: 'user', next: 'Check what the broker lets this client subscribe to' },
  LINK_CALL_TIMEOUT: { fault: 'verge', next: 'Check whether the nucleus is overloaded; its connection is made anew' },
  LINK_TOKEN_REFUSED: {
    fault: 'verge',
    next: 'The nucleus starts the component again with a new token; if it does not, restart the component',
  },
});
