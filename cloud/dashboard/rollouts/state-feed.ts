import type { StatePort } from '../../rollout/ports.ts';
import { rolloutStateSchema } from '../../rollout/state.ts';
import type { RolloutView } from '../wire/frame.ts';
import type { RolloutFeed } from './rollout-feed.ts';
import { viewOfRollout } from './view-of-rollout.ts';

/** Rollouts shown, those that changed last. All that run are among them, unless a hundred do. */
const MAX_ROLLOUTS = 100;
/** Looked at together. */
const AT_ONCE = 8;
const ENDED: ReadonlySet<string> = new Set(['done', 'rolled-back', 'aborted']);

interface Known {
  readonly tag: string;
  readonly view: RolloutView;
}

/** Reads the states that `verge rollout` keeps. A rollout that has ended does not change, and is read once. */
export function stateFeed(store: Pick<StatePort, 'list' | 'read'>, words: string): RolloutFeed {
  const known = new Map<string, Known>();

  async function look(id: string): Promise<void> {
    const before = known.get(id);
    if (before && ENDED.has(before.view.status)) return;
    const found = await store.read(id);
    if (found === undefined || found.tag === before?.tag) return;
    const read = rolloutStateSchema.safeParse(found.state);
    if (read.success) known.set(id, { tag: found.tag, view: viewOfRollout(read.data) });
  }

  return {
    words,
    async read(signal) {
      const ids = [...(await store.list())];
      while (ids.length > 0 && !signal.aborted) await Promise.all(ids.splice(0, AT_ONCE).map(look));
      const views = [...known.values()].map(({ view }) => view);
      return views.sort((a, b) => b.updatedMs - a.updatedMs).slice(0, MAX_ROLLOUTS);
    },
  };
}
