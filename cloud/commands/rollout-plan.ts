import { outlinePlan } from '../rollout/plan/outline.ts';
import type { Command } from './command.ts';
import { accountOptions, planArgument } from './rollout/options.ts';
import { readPlanFile, withSession } from './rollout/session.ts';
import { outlineTable } from './rollout/tables.ts';

/** There is something to mend. */
const EXIT_PROBLEMS = 2;

export const rolloutPlanCommand: Command = {
  name: 'rollout plan',
  summary: 'Show what a plan changes on which devices, and what is in its way; changes nothing',
  arguments: [planArgument],
  options: accountOptions,
  examples: ['verge rollout plan rollout.yaml', 'verge rollout plan rollout.yaml --json | jq .problems'],
  async run(context) {
    const {
      arguments: [file = ''],
      json,
      stdout,
    } = context;
    const plan = await readPlanFile(file);
    return withSession(context, async ({ aws }) => {
      const outline = await outlinePlan(plan, aws.fleet);
      const { problems } = outline;
      const words =
        problems.length === 0
          ? `Next: verge rollout start ${file}\n`
          : `${problems.length} to mend before it can start.\n`;
      stdout.write(json ? `${JSON.stringify({ plan, ...outline })}\n` : `${outlineTable(plan, outline)}${words}`);
      return problems.length > 0 ? EXIT_PROBLEMS : 0;
    });
  },
};
