/** A component's configuration: JSON, its top always an object. */
export interface ConfigurationTree {
  readonly [key: string]: unknown;
}

/** Deeper paths are nonsense; a bound keeps recursion finite. */
const MAX_DEPTH = 32;

export function isTree(value: unknown): value is ConfigurationTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A tree with another merged in: objects by key, everything else replaced. */
export function merge(base: ConfigurationTree, update: ConfigurationTree, depth = 0): ConfigurationTree {
  if (depth > MAX_DEPTH) throw new Error(`a configuration is deeper than ${MAX_DEPTH}`);
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(update)) {
    const before = base[key];
    merged[key] = isTree(value) ? merge(isTree(before) ? before : {}, value, depth + 1) : value;
  }
  return merged;
}

/** The value at a path of keys; undefined where there is none. */
export function valueAt(tree: unknown, keyPath: readonly string[]): unknown {
  let value: unknown = tree;
  for (const key of keyPath) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** A tree with the value at a path replaced, or removed where it is undefined. */
export function withValueAt(tree: ConfigurationTree, keyPath: readonly string[], value: unknown): ConfigurationTree {
  const [key, ...rest] = keyPath;
  if (key === undefined) return isTree(value) ? value : {};
  const before = tree[key];
  const below = rest.length === 0 ? value : withValueAt(isTree(before) ? before : {}, rest, value);
  const { [key]: _old, ...others } = tree;
  return below === undefined ? others : { ...others, [key]: below };
}

/** Keys of a JSON pointer, such as `/a/b`; '' is the whole. */
export function readPointer(pointer: string): string[] {
  const keys = pointer.split('/').slice(1);
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A deployment's update: `reset` first puts pointers back to their defaults, then `merge` is merged in (fact D2). */
export interface ConfigurationUpdate {
  readonly reset?: readonly string[];
  readonly merge?: ConfigurationTree;
}

export function applyUpdate(
  tree: ConfigurationTree,
  defaults: ConfigurationTree,
  { reset = [], merge: update = {} }: ConfigurationUpdate,
): ConfigurationTree {
  const put = (current: ConfigurationTree, pointer: string): ConfigurationTree => {
    const keyPath = readPointer(pointer);
    return withValueAt(current, keyPath, valueAt(defaults, keyPath));
  };
  return merge(reset.reduce(put, tree), update);
}

/** Top-level keys whose values differ. */
export function changedKeys(before: ConfigurationTree, after: ConfigurationTree): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
