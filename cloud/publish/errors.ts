import { defineErrors } from '../../component/contract/error.ts';

/** What keeps a component version from being published. */
export const publishErrors = defineErrors({
  PUBLISH_RUNTIME_NOT_BUILT: { fault: 'user', next: 'Run `npm run build:component`, or name its folder with --from' },
  PUBLISH_VERSION_TAKEN: {
    fault: 'user',
    next: 'Versions are never changed: give the bundle the version that is named',
  },
  PUBLISH_COMPONENT_FAILED: {
    fault: 'user',
    next: 'Mend what is named, delete that component version (`aws greengrassv2 delete-component`) and publish again',
  },
  PUBLISH_STILL_PENDING: { fault: 'verge', next: 'Publish again in some minutes: it goes on where it stopped' },
  PUBLISH_OBJECT_FOREIGN: { fault: 'user', next: 'Delete that object, whoever wrote it, and publish again' },
  PUBLISH_CHECKSUM_WRONG: { fault: 'verge', next: 'Delete that object and publish again' },
  PUBLISH_OTHER_ENCRYPTION: {
    fault: 'user',
    next: 'Delete that object and publish again, or publish without --kms-key',
  },
});
