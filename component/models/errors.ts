import { defineErrors } from '../contract/error.ts';

/** Why a bundle is not taken. */
export const bundleErrors = defineErrors({
  BUNDLE_NOT_FOUND: { fault: 'user', next: 'Give the folder that `verge compile` wrote.' },
  BUNDLE_MANIFEST_TOO_LARGE: { fault: 'user', next: 'Compile the model again: no manifest is this large.' },
  BUNDLE_MANIFEST_NOT_JSON: { fault: 'user', next: 'Compile the model again, or fetch the bundle again.' },
  BUNDLE_SCHEMA_UNKNOWN: { fault: 'user', next: 'Update Verge on this side, or compile the model with this version.' },
  BUNDLE_MANIFEST_INVALID: { fault: 'user', next: 'Compile the model again, or fetch the bundle again.' },
  BUNDLE_FILE_MISSING: { fault: 'user', next: 'Fetch the bundle again: it is not whole.' },
  BUNDLE_FILE_SIZE: { fault: 'user', next: 'Fetch the bundle again: it was cut short or changed.' },
  BUNDLE_FILE_DIGEST: { fault: 'user', next: 'Fetch the bundle again: it was changed after it was compiled.' },
  BUNDLE_NAME_TWICE: { fault: 'user', next: 'List each model once in the setting models.' },
  BUNDLE_GOLDEN_INVALID: { fault: 'user', next: 'Compile the model again, or fetch the bundle again.' },
  BUNDLE_GOLDEN_FAILED: {
    fault: 'user',
    next: 'Do not ship this bundle: it does not answer here as it did where it was compiled.',
  },
});
