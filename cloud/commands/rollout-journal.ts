import { readAloud } from '../rollout/machine/journal.ts';
import { readState } from '../rollout/run/state-store.ts';
import type { Command } from './command.ts';
import { accountOptions, idArgument } from './rollout/options.ts';
import { withSession } from './rollout/session.ts';
import { printable } from './table.ts';

export const rolloutJournalCommand: Command = {
  name: 'rollout journal',
  summary: 'Say who did what in a rollout, when and why',
  arguments: [idArgument],
  options: accountOptions,
  examples: ['verge rollout journal intents-1-1-0', 'verge rollout journal intents-1-1-0 --json'],
  run: (context) =>
    withSession(context, async ({ store }) => {
      const {
        arguments: [id = ''],
        json,
        stdout,
      } = context;
      const { state } = await readState(store, id);
      const { journal, journalDropped } = state;
      if (json) stdout.write(`${JSON.stringify({ id, journal, journalDropped })}\n`);
      else stdout.write(journal.map((entry) => `${printable(readAloud(entry))}\n`).join(''));
      return 0;
    }),
};
