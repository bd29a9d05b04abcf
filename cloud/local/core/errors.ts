import { defineErrors } from '../../../component/contract/error.ts';

/** What can be wrong with a local Greengrass core, and with what is deployed to it. */
export const coreErrors = defineErrors({
  CORE_ROOT_TOO_LONG: { fault: 'user', next: 'Choose a root folder with a shorter path' },
});
