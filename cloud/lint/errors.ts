import { defineErrors } from '../../component/contract/error.ts';

/** Why a recipe cannot be looked at, and what is said where one is not in order. */
export const lintErrors = defineErrors({
  LINT_UNREADABLE: { fault: 'user', next: 'Check the path and who may read it' },
  LINT_TOO_LARGE: { fault: 'user', next: 'Give a recipe; the cloud takes 16,000 bytes (fact G3)' },
  LINT_NO_RECIPE: { fault: 'user', next: 'Mend the YAML or JSON at that place' },
});
