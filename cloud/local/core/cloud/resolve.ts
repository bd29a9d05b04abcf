/** Who asks → which versions. */
export type Requirements = Readonly<Record<string, string>>;

/** What resolving needs to know of a component version. */
export interface Resolvable {
  readonly name: string;
  readonly version: string;
  /** Component → which versions. */
  readonly dependencies: ReadonlyMap<string, string>;
}

/** Finds a version of a component that all requirements allow; undefined where the core itself is what is asked for. */
export type FindVersion<R extends Resolvable> = (name: string, requirements: Requirements) => Promise<R | undefined>;

/** A recipe that changes its mind for ever is no recipe. */
const MAX_ROUNDS = 1000;

/**
 * The roots and all that they need, dependencies first. A version that a later requirement rules out is looked for
 * again, and what it alone needed is forgotten.
 * @param roots component → who wants it → which versions
 * @throws what `find` throws
 */
export async function resolveDependencies<R extends Resolvable>(
  roots: ReadonlyMap<string, Requirements>,
  find: FindVersion<R>,
): Promise<R[]> {
  const wanted = new Map<string, Map<string, string>>();
  const chosen = new Map<string, R>();
  const queue: string[] = [];
  for (const [name, requirements] of roots) {
    wanted.set(name, new Map(Object.entries(requirements)));
    queue.push(name);
  }
  for (let round = 0; queue.length > 0; round++) {
    if (round > MAX_ROUNDS) throw new Error('the dependencies of these components do not settle');
    const name = queue.shift() ?? '';
    const requirements = wanted.get(name) ?? new Map<string, string>();
    const before = chosen.get(name);
    if (requirements.size === 0) continue; // nobody wants it any more
    const found = await find(name, Object.fromEntries(requirements));
    if (found === undefined || found.version === before?.version) continue;
    for (const dependency of before?.dependencies.keys() ?? []) {
      wanted.get(dependency)?.delete(name);
      queue.push(dependency);
    }
    chosen.set(name, found);
    for (const [dependency, range] of found.dependencies) {
      wanted.set(dependency, (wanted.get(dependency) ?? new Map()).set(name, range));
      queue.push(dependency);
    }
  }
  return inOrder([...roots.keys()], chosen);
}

/** What can be reached from the roots, each after what it depends on. */
function inOrder<R extends Resolvable>(roots: readonly string[], chosen: ReadonlyMap<string, R>): R[] {
  const ordered: R[] = [];
  const visited = new Set<string>();
  const visit = (name: string): void => {
    const recipe = chosen.get(name);
    if (recipe === undefined || visited.has(name)) return;
    visited.add(name);
    for (const dependency of recipe.dependencies.keys()) visit(dependency);
    ordered.push(recipe);
  };
  for (const name of roots) visit(name);
  return ordered;
}
