import { defineErrors } from '../../../component/contract/error.ts';

/** What can be wrong with the stack on this machine. */
export const localErrors = defineErrors({
  LOCAL_NOT_UP: { fault: 'user', next: 'Start it with `verge local up`' },
  LOCAL_STARTING: { fault: 'user', next: 'Wait a moment: `verge local status` says when it is up' },
  LOCAL_STATE_UNREADABLE: {
    fault: 'user',
    next: 'Name another folder with --folder, or remove this one and what is in it',
  },
  LOCAL_FAILED: { fault: 'verge', next: 'The log says more' },
  LOCAL_STUCK: { fault: 'verge', next: 'What it was doing last is in the log' },
  LOCAL_NAME_TAKEN: { fault: 'user', next: 'Choose another name: SageMaker uses none twice' },
  LOCAL_NAME_INVALID: { fault: 'user', next: 'Use up to 63 letters, digits and single dashes' },
  LOCAL_VALUE_INVALID: { fault: 'user', next: 'Write NAME=VALUE' },
  LOCAL_ARCHIVE_UNREADABLE: { fault: 'user', next: 'Give the model.tar.gz that a training job leaves' },
});
