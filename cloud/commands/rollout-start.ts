import { rolloutErrors } from '../rollout/errors.ts';
import { beginRollout } from '../rollout/machine/begin.ts';
import { readAloud } from '../rollout/machine/journal.ts';
import { outlinePlan } from '../rollout/plan/outline.ts';
import { createState } from '../rollout/run/state-store.ts';
import type { Command } from './command.ts';
import { detachOption, planArgument, runOptions } from './rollout/options.ts';
import { follow, readMeans, readPlanFile, withSession } from './rollout/session.ts';
import { printable } from './table.ts';

export const rolloutStartCommand: Command = {
  name: 'rollout start',
  summary: 'Start a rollout and carry it on until it ends or waits for a person',
  arguments: [planArgument],
  options: [...runOptions, detachOption],
  examples: [
    'verge rollout start rollout.yaml --broker mqtts://broker.example --user ops --password-file password',
    'verge rollout start rollout.yaml --broker mqtt://127.0.0.1:1883 --notify https://hooks.example/verge --report report',
  ],
  async run(context) {
    const {
      arguments: [file = ''],
      options,
      json,
      stdout,
      stderr,
    } = context;
    const plan = await readPlanFile(file);
    return withSession(context, async (session) => {
      const { aws, store, by } = session;
      const outline = await outlinePlan(plan, aws.fleet);
      const [first] = outline.problems;
      if (first) {
        const more = outline.problems.length > 1 ? `; and ${outline.problems.length - 1} more` : '';
        throw rolloutErrors.make('ROLLOUT_CONFLICT', `${file}: wave ${first.wave}: ${first.message}${more}`);
      }
      const means = options.detach === true ? undefined : await readMeans(context, session);
      const state = beginRollout(plan, outline, by, new Date());
      await createState(store, state);
      if (means === undefined) {
        stdout.write(
          json ? `${JSON.stringify(state)}\n` : `Started ${state.id}.\nNext: verge rollout resume ${state.id}\n`,
        );
        return 0;
      }
      for (const entry of state.journal) stderr.write(`${printable(readAloud(entry))}\n`);
      return follow(context, session, means, state.id);
    });
  },
};
