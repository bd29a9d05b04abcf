import type { StatePort } from '../../cloud/rollout/ports.ts';

/** States in memory, with the conditions of a bucket's. */
export function memoryStates(): StatePort {
  const kept = new Map<string, { readonly text: string; readonly tag: string }>();
  let writes = 0;
  return {
    async read(id) {
      const found = kept.get(id);
      return found && { state: JSON.parse(found.text), tag: found.tag };
    },
    async write(id, state, tag) {
      if (kept.get(id)?.tag !== tag) return undefined;
      writes += 1;
      kept.set(id, { text: JSON.stringify(state), tag: `"${writes}"` });
      return `"${writes}"`;
    },
    list: async () => [...kept.keys()],
    writeReport: async () => undefined,
  };
}
