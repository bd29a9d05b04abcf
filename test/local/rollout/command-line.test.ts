import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Command } from '../../../cloud/commands/command.ts';
import { rolloutJournalCommand } from '../../../cloud/commands/rollout-journal.ts';
import { rolloutPlanCommand } from '../../../cloud/commands/rollout-plan.ts';
import { rolloutStartCommand } from '../../../cloud/commands/rollout-start.ts';
import { rolloutStatusCommand } from '../../../cloud/commands/rollout-status.ts';
import { rolloutWishCommands } from '../../../cloud/commands/rollout-wishes.ts';
import { runCommandLine } from '../../../cloud/commands/run-command.ts';
import type { PlanInput } from '../../../cloud/rollout/plan/plan-schema.ts';
import { rolloutStateSchema } from '../../../cloud/rollout/state.ts';
import { testBucket } from '../../support/publishing.ts';
import {
  type RolloutStack,
  rolloutGroups,
  rolloutModel,
  rolloutPlan,
  startRolloutStack,
} from '../../support/rollout-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const commands: readonly Command[] = [
  rolloutPlanCommand,
  rolloutStartCommand,
  rolloutStatusCommand,
  ...rolloutWishCommands,
  rolloutJournalCommand,
];

async function verge(
  world: Pick<RolloutStack, 'stack' | 'broker'>,
  ...words: string[]
): Promise<{ exit: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const environment = { ...world.stack.environment, VERGE_BUCKET: testBucket, VERGE_BROKER: world.broker };
  const { signal } = new AbortController();
  const said = Promise.all([text(stdout), text(stderr)]);
  const exit = await runCommandLine(commands, '0.0.0', ['rollout', ...words], { stdout, stderr, environment, signal });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { exit, out, err };
}

/** In seconds of the clock on the wall. */
const quick: PlanInput = {
  ...rolloutPlan,
  waves: [
    {
      name: 'canary',
      group: 'canary',
      bake: '1s',
      gates: [{ metric: 'error-rate', atMost: 0.1, window: '1s', minimumSample: 50 }],
    },
    { name: 'rest', group: 'rest', bake: '0s', approval: true },
  ],
};

function planFile(plan: PlanInput): string {
  const file = path.join(scratchFolder(), 'rollout.yaml');
  writeFileSync(file, stringify(plan));
  return file;
}

const POLL = ['--poll', '0.05'];

describe('verge rollout', () => {
  it('plans, starts, waits for approval, goes on, and tells who did what', async () => {
    const world = await startRolloutStack();
    const file = planFile(quick);
    const reports = path.join(scratchFolder(), 'report');

    const planned = await verge(world, 'plan', file);
    const started = await verge(world, 'start', file, ...POLL, '--json');
    const status = await verge(world, 'status', 'intents-2');
    const approved = await verge(world, 'approve', 'intents-2', '--because', 'seen', '--report', reports, ...POLL);
    const journal = await verge(world, 'journal', 'intents-2');
    const all = await verge(world, 'status');

    expect(planned.exit).toBe(0);
    for (const thing of Object.values(rolloutGroups).flat()) {
      expect(planned.out).toMatch(new RegExp(`${thing} .*${rolloutModel} .*1\\.0\\.0 .*2\\.0\\.0`));
    }
    expect(started.exit).toBe(0);
    expect(rolloutStateSchema.parse(JSON.parse(started.out))).toMatchObject({
      phase: 'running',
      hold: { kind: 'question' },
    });
    expect(status.out).toMatch(/intents-2: waits for a person .*asks for approval/);
    expect(approved).toMatchObject({ exit: 0, out: 'intents-2 is done: 2 waves passed.\n' });
    expect(journal.out).toMatch(/user\/local: Approved: wave rest: .* \(seen\)\./);
    expect(all.out).toContain('2 of 2');
    expect(readFileSync(path.join(reports, 'report.md'), 'utf8')).toContain('# Rollout intents-2: done');
  });

  it('exits with 2 where the rollout went back, and says what to do', async () => {
    const errorRate = (version: string | undefined): number => (version === '2.0.0' ? 0.4 : 0);
    const world = await startRolloutStack({ 'oven-1': { errorRate }, 'oven-2': { errorRate } });

    const outcome = await verge(world, 'start', planFile(quick), ...POLL);
    const again = await verge(world, 'resume', 'intents-2', ...POLL);

    expect(outcome.exit).toBe(2);
    expect(outcome.out).toMatch(/^intents-2 ended as rolled-back: the gate error-rate ≤ 0\.1 failed at 0\.4/);
    expect(outcome.out).toContain('publish it as a new version');
    expect(again.err).toContain('[ROLLOUT_WISH_IDLE]');
  });

  it('starts no rollout twice, and none that conflicts', async () => {
    const world = await startRolloutStack();
    const file = planFile(quick);
    const conflicting = planFile({ ...quick, name: 'one-thing', waves: [{ name: 'one', things: ['oven-1'] }] });

    const first = await verge(world, 'start', file, '--detach');
    const second = await verge(world, 'start', file, '--detach');
    const planned = await verge(world, 'plan', conflicting, '--json');
    const refused = await verge(world, 'start', conflicting);

    expect(first).toMatchObject({ exit: 0, out: expect.stringContaining('verge rollout resume intents-2') });
    expect(second).toMatchObject({ exit: 2, err: expect.stringContaining('[ROLLOUT_EXISTS]') });
    expect(planned.exit).toBe(2);
    expect(JSON.parse(planned.out).problems).toMatchObject([
      { kind: 'conflict', thing: 'oven-1', message: expect.stringContaining('the group canary gives 1.0.0') },
    ]);
    expect(refused).toMatchObject({ exit: 2, err: expect.stringContaining('[ROLLOUT_CONFLICT]') });
  });

  it.each([
    ['--notify', 'ftp://ops', 'ROLLOUT_NOTIFY_INVALID'],
    ['--poll', '9999', 'COMMAND_OPTION_INVALID'],
    ['--password-file', '/nowhere/password', 'COMMAND_FILE_UNREADABLE'],
  ])('writes nothing down where %s is wrong', async (option, value, code) => {
    const world = await startRolloutStack();
    const file = planFile(quick);

    const refused = await verge(world, 'start', file, option, value);
    const all = await verge(world, 'status');
    await verge(world, 'start', file, '--detach');
    const aborted = await verge(world, 'abort', 'intents-2', option, value);
    const status = await verge(world, 'status', 'intents-2', '--json');

    expect(refused).toMatchObject({ exit: 2, err: expect.stringContaining(code) });
    expect(all.out).toBe('There is no rollout.\n');
    expect(aborted.err).toContain(code);
    expect(JSON.parse(status.out)).toMatchObject({ phase: 'running' });
  });

  it('lists the other rollouts where the state of one cannot be read', async () => {
    const world = await startRolloutStack();
    await world.aws.documents.put('rollouts/broken/state.json', '{', 'application/json');
    await verge(world, 'start', planFile(quick), '--detach');

    const all = await verge(world, 'status');

    expect(all).toMatchObject({ exit: 0, out: expect.stringContaining('intents-2') });
    expect(all.err).toMatch(/rollouts\/broken\/state\.json is not JSON/);
  });

  it('says what is wrong with a plan, and where', async () => {
    const world = await startRolloutStack();
    const file = path.join(scratchFolder(), 'rollout.yaml');
    writeFileSync(
      file,
      'schemaVersion: 1\nname: x\nfleet: bakeries\nmodels: { intents: 2.0.0 }\nwaves:\n  - name: a\n    group: canary\n    bake: soon\n',
    );

    const outcome = await verge(world, 'plan', file);

    expect(outcome.exit).toBe(2);
    expect(outcome.err).toMatch(/rollout\.yaml:8:11: waves\.0\.bake: a duration is .*\[ROLLOUT_PLAN_INVALID\]/);
  });

  it('has help with an example for each verb', async () => {
    const world = { stack: { environment: {} }, broker: '' } as unknown as RolloutStack; // help asks nobody

    const helps = await Promise.all(commands.map(({ name }) => verge(world, name.split(' ')[1] ?? '', '--help')));

    for (const [index, { exit, out }] of helps.entries()) {
      expect(exit).toBe(0);
      expect(out).toContain(`$ verge ${commands[index]?.name}`);
      expect(out).toContain('--json');
    }
  });
});
