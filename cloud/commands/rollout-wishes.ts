import type { Wish } from '../rollout/machine/wishes.ts';
import { makeWish } from '../rollout/run/state-store.ts';
import type { Command, CommandContext } from './command.ts';
import { textOption } from './options.ts';
import { accountOptions, becauseOption, detachOption, idArgument, runOptions } from './rollout/options.ts';
import { follow, readMeans, withSession } from './rollout/session.ts';

/** What a person wants of a rollout, from any machine. All but a pause carry it on from there, unless they are told not to. */
export const rolloutWishCommands: readonly Command[] = [
  {
    name: 'rollout pause',
    summary: 'Stop a rollout where it is: nothing goes forward until it is resumed',
    arguments: [idArgument],
    options: [...accountOptions, becauseOption],
    examples: ['verge rollout pause intents-1-1-0 --because "the network is being moved"'],
    run: (context) => carry(context, 'pause'),
  },
  {
    name: 'rollout resume',
    summary: 'Carry a rollout on: after a pause, or after the process that ran it has ended',
    arguments: [idArgument],
    options: [...runOptions, becauseOption, detachOption],
    examples: ['verge rollout resume intents-1-1-0 --broker mqtts://broker.example'],
    run: (context) => carry(context, 'resume'),
  },
  {
    name: 'rollout approve',
    summary: 'Answer the question that a rollout waits with: go on',
    arguments: [idArgument],
    options: [...runOptions, becauseOption, detachOption],
    examples: ['verge rollout approve intents-1-1-0 --because "seen and accepted" --broker mqtts://broker.example'],
    run: (context) => carry(context, 'approve'),
  },
  {
    name: 'rollout abort',
    summary: 'End a rollout: the wave that is under way goes back, those that passed stay',
    arguments: [idArgument],
    options: [...runOptions, becauseOption, detachOption],
    examples: ['verge rollout abort intents-1-1-0 --because "wrong model" --broker mqtts://broker.example'],
    run: (context) => carry(context, 'abort'),
  },
  {
    name: 'rollout rollback',
    summary: 'Take every wave of a rollout back, even of one that is done',
    arguments: [idArgument],
    options: [...runOptions, becauseOption, detachOption],
    examples: ['verge rollout rollback intents-1-1-0 --because "complaints" --broker mqtts://broker.example'],
    run: (context) => carry(context, 'rollback'),
  },
];

const DONE: Readonly<Record<Wish, string>> = {
  pause: 'is paused; next: verge rollout resume',
  resume: 'may go on; next, where nothing runs it: verge rollout resume',
  approve: 'is approved; next, where nothing runs it: verge rollout resume',
  abort: 'is to be aborted; next, where nothing runs it: verge rollout resume',
  rollback: 'is to go back; next, where nothing runs it: verge rollout resume',
};

function carry(context: CommandContext, verb: Wish): Promise<number> {
  const {
    arguments: [id = ''],
    options,
    json,
    stdout,
  } = context;
  return withSession(context, async (session) => {
    const because = textOption(options.because);
    const means = verb === 'pause' || options.detach === true ? undefined : await readMeans(context, session);
    const state = await makeWish(session.store, id, verb, because, () => ({ now: new Date(), by: session.by }));
    if (means) return follow(context, session, means, id);
    stdout.write(json ? `${JSON.stringify(state)}\n` : `${id} ${DONE[verb]} ${id}\n`);
    return 0;
  });
}
