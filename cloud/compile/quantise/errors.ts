import { defineErrors } from '../../../component/contract/error.ts';

/** What can go wrong while precisions are compared. */
export const quantiseErrors = defineErrors({
  COMPILE_SCRATCH_UNWRITABLE: {
    fault: 'user',
    next: 'Free some space there, or name another folder in the environment variable TMPDIR.',
  },
  /** Ours where we built the graph; of an imported one, the file's. */
  COMPILE_GRAPH_UNRUNNABLE: { fault: 'verge', next: 'Report this with the config.json of the model.' },
});
