import { defineErrors } from '../contract/error.ts';

/** What can be wrong with the settings of the runtime. */
export const configErrors = defineErrors({
  CONFIG_MISSING: { fault: 'user', next: 'Give the settings file as the argument, or its path in VERGE_SETTINGS' },
  CONFIG_UNREADABLE: { fault: 'user', next: 'Check the path and who may read it' },
  CONFIG_TOO_LARGE: { fault: 'user', next: 'Give a settings file; they are a few hundred bytes' },
  CONFIG_NOT_JSON: { fault: 'user', next: 'Mend the JSON; an editor will point at the place' },
  CONFIG_VERSION_UNKNOWN: { fault: 'user', next: 'Update the runtime, or write the settings for this version' },
  CONFIG_INVALID: { fault: 'user', next: 'Mend it; schemas/settings.schema.json lists every key with its bounds' },
});
