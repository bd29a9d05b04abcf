import { compare, valid } from 'semver';
import { roleOf } from '../component-names.ts';
import type { ComponentSpec } from '../ports.ts';

/** Pointer of the setting that lets a model go back (recipes/model-recipe.ts). */
const DOWNGRADE = '/downgrade';

/** What a target had of a component: its entry, or nothing. */
export type Before = ComponentSpec | null;

/**
 * The entry of a component at another version: configuration and all else stay as they were. A model only takes an earlier
 * version's place where that is allowed; the permission is taken back with the next step forward.
 */
export function specAt(before: Before, component: string, version: string): ComponentSpec {
  const from = before?.componentVersion;
  const back = from !== undefined && valid(from) !== null && compare(version, from) < 0;
  const kept = { ...before, componentVersion: version };
  return roleOf(component)?.kind === 'model' ? withDowngrade(kept, back) : kept;
}

/** The components of a deployment with a wave's own changed; foreign ones are not touched. */
export function changed(
  latest: Readonly<Record<string, ComponentSpec>>,
  wanted: Readonly<Record<string, string>>,
): Readonly<Record<string, ComponentSpec>> {
  const own = Object.entries(wanted).map(([name, version]) => [name, specAt(latest[name] ?? null, name, version)]);
  return { ...latest, ...Object.fromEntries(own) };
}

/**
 * The components of a deployment with a wave's own as they were before it. Whatever else was deployed meanwhile stays, and
 * so does a component that somebody has since brought to another version.
 */
export function restored(
  latest: Readonly<Record<string, ComponentSpec>>,
  wanted: Readonly<Record<string, string>>,
  before: Readonly<Record<string, Before>>,
): Readonly<Record<string, ComponentSpec>> {
  const next: Record<string, ComponentSpec> = { ...latest };
  for (const [name, version] of Object.entries(wanted)) {
    if (latest[name]?.componentVersion !== version) continue;
    const spec = before[name] ?? null;
    if (spec === null) delete next[name];
    else next[name] = roleOf(name)?.kind === 'model' ? withDowngrade(spec, spec.componentVersion !== version) : spec;
  }
  return next;
}

/** Whether a wave's own components are in a deployment as the wave brought them. */
export function holds(
  latest: Readonly<Record<string, ComponentSpec>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).some(([name, version]) => latest[name]?.componentVersion === version);
}

function withDowngrade(spec: ComponentSpec, allowed: boolean): ComponentSpec {
  const { merge, reset = [] } = spec.configurationUpdate ?? {};
  const { downgrade: _, ...others } = parse(merge);
  const merged = allowed ? { ...others, downgrade: 'allow' } : others;
  const pointers = reset.filter((pointer) => pointer !== DOWNGRADE);
  const configurationUpdate = {
    ...(Object.keys(merged).length > 0 ? { merge: JSON.stringify(merged) } : {}),
    ...(allowed && pointers.length === 0 ? {} : { reset: allowed ? pointers : [...pointers, DOWNGRADE] }),
  };
  return { ...spec, configurationUpdate };
}

/** The service keeps a JSON object there, as a text. */
function parse(merge: string | undefined): Record<string, unknown> {
  const value: unknown = merge === undefined ? {} : JSON.parse(merge);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
