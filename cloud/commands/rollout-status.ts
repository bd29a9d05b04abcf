import { setTimeout as delay } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { VergeError } from '../../component/contract/error.ts';
import { rolloutErrors } from '../rollout/errors.ts';
import { readState } from '../rollout/run/state-store.ts';
import { isEnded, type RolloutState } from '../rollout/state.ts';
import type { Command, CommandContext } from './command.ts';
import { numberOption } from './options.ts';
import { accountOptions, idArgument } from './rollout/options.ts';
import { type Session, withSession } from './rollout/session.ts';
import { statusTable } from './rollout/tables.ts';
import { printable, renderTable } from './table.ts';

const WATCH_SECONDS = 5;

export const rolloutStatusCommand: Command = {
  name: 'rollout status',
  summary: 'Show where a rollout stands: waves, devices and gates; without an id, all rollouts',
  arguments: [{ ...idArgument, optional: true }],
  options: [
    ...accountOptions,
    { flags: '--watch', description: 'a live table until it ends; with --json a line for each change' },
    { flags: '--every <seconds>', description: `pause between two looks with --watch; default: ${WATCH_SECONDS}` },
  ],
  examples: [
    'verge rollout status intents-1-1-0 --watch',
    'verge rollout status',
    'verge rollout status intents-1-1-0 --json',
  ],
  run: (context) =>
    withSession(context, async (session) => {
      const {
        arguments: [id],
        options,
        json,
        stdout,
        signal,
      } = context;
      if (id === undefined) return list(session, context);
      const everyMs = (numberOption(options.every, '--every', 0.1, 3600) ?? WATCH_SECONDS) * 1000;
      const show = (state: RolloutState): string => (json ? `${JSON.stringify(state)}\n` : statusTable(state));
      if (options.watch !== true) {
        stdout.write(show((await readState(session.store, id)).state));
        return 0;
      }
      const terminal = !json && (stdout as NodeJS.WriteStream).isTTY === true; // only a terminal's stream has the field
      const draw = terminal ? createLogUpdate(stdout as NodeJS.WriteStream) : undefined; // `terminal` says so
      let last: string | undefined;
      for (;;) {
        const { state, tag } = await readState(session.store, id);
        if (draw) draw(show(state));
        else if (tag !== last) stdout.write(show(state));
        last = tag;
        if (isEnded(state)) break;
        await delay(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      draw?.done();
      return 0;
    }),
};

/** One whose state cannot be read hides none of the others. */
async function list({ store }: Session, { json, stdout, stderr }: CommandContext): Promise<number> {
  const states: RolloutState[] = [];
  for (const id of await store.list()) {
    try {
      states.push((await readState(store, id)).state);
    } catch (error) {
      if (!(error instanceof VergeError && error.code in rolloutErrors.kinds)) throw error;
      stderr.write(`verge: ${printable(error.what)}\n`);
    }
  }
  const rows = states.map(({ id, phase, hold, createdAt, waves }) => [
    id,
    hold ? `${phase}, ${hold.kind}` : phase,
    `${waves.filter(({ status }) => status === 'passed').length} of ${waves.length}`,
    createdAt,
  ]);
  if (json) stdout.write(`${JSON.stringify({ rollouts: states })}\n`);
  else
    stdout.write(
      rows.length === 0
        ? 'There is no rollout.\n'
        : `${renderTable(['rollout', 'phase', 'waves passed', 'started'], rows)}\n`,
    );
  return 0;
}
