import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong when a bundle is written. */
export const bundleErrors = defineErrors({
  BUNDLE_OUT_EXISTS: { fault: 'user', next: 'Name another folder with --out, or give --force to replace it.' },
  BUNDLE_OUT_NOT_FOLDER: { fault: 'user', next: 'Name a folder with --out: it is made where it is not there.' },
  BUNDLE_OUT_FOREIGN: { fault: 'user', next: 'Name another folder with --out, or remove this one yourself.' },
  BUNDLE_OUT_UNWRITABLE: { fault: 'user', next: 'Check that the folder above exists, is writable and has room.' },
});
