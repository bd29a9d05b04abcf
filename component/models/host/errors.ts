import { defineErrors } from '../../contract/error.ts';

/** Why a bundle that is whole may not serve here and now. */
export const modelErrors = defineErrors({
  MODEL_DOWNGRADE: {
    fault: 'user',
    next: 'Publish it as a later version, or allow the step back with the configuration downgrade: allow.',
  },
  MODEL_VERSION_TAKEN: { fault: 'user', next: 'Publish the changed model as a version of its own.' },
  MODEL_RUNTIME_TOO_OLD: { fault: 'user', next: 'Deploy the newer runtime first.' },
  MODEL_MEMORY: {
    fault: 'user',
    next: 'Remove a model from this device, raise modelMemoryBytes, or use a smaller model.',
  },
  MODEL_SHELF_WRITE: { fault: 'user', next: 'Make room on the disk of the runtime’s work folder.' },
  MODEL_STOPPING: { fault: 'verge', next: 'It is taken when the runtime is back.' },
  MODEL_OFFER_INVALID: { fault: 'user', next: 'Send what the helper in a model component sends.' },
});
