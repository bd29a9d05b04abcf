import { defineErrors } from '../contract/error.ts';

/** Why the runtime ends otherwise than by being asked to. */
export const lifecycleErrors = defineErrors({
  RUNTIME_RESULTS_LEFT: {
    fault: 'verge',
    next: 'They come again at the next start; check the disk of outboxFolder, or raise drainTimeoutMs',
  },
  RUNTIME_BROKER_MISSING: { fault: 'user', next: 'Set brokerUrl, or run this as a Greengrass component' },
  RUNTIME_FILE: { fault: 'user', next: 'Check the path in the settings and who may read the file' },
});
