import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong with the tour of the whole flow. */
export const demoErrors = defineErrors({
  DEMO_RUNTIME_ENDED: { fault: 'verge', next: 'Read its log, and report it if it says nothing useful' },
  DEMO_NUCLEUS_UNKNOWN: { fault: 'user', next: 'Choose one of them, or leave it out' },
  DEMO_FLEET_ENDED: { fault: 'verge', next: 'This is a bug: report it with what was printed above' },
  DEMO_FOLDER_FOREIGN: { fault: 'user', next: 'Remove it, or name another folder with --out' },
  DEMO_LOST: { fault: 'verge', next: 'This is a bug: report it with the log of the runtime' },
});
