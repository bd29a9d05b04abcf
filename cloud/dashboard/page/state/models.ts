import type { VersionView } from '../../wire/frame.ts';
import type { WindowName } from '../../wire/windows.ts';
import type { Store } from './store.ts';

/** Names of models, the busiest of the window first. */
export function modelNames(store: Store, window: WindowName): string[] {
  const answered = new Map<string, number>();
  for (const { name, windows } of store.versions.values()) {
    answered.set(name, (answered.get(name) ?? 0) + windows[window].answered);
  }
  return [...answered].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
}

/** Versions of a model, the newest first. */
export function versionsOf(store: Store, name: string): VersionView[] {
  return [...store.versions.values()]
    .filter((version) => version.name === name)
    .sort((a, b) => compareVersions(b.version, a.version) || (a.digest < b.digest ? -1 : 1));
}

/** By the numbers of a semantic version; a pre-release comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [left = '', leftPre = ''] = a.split(/-(.*)/);
  const [right = '', rightPre = ''] = b.split(/-(.*)/);
  const numbers = left.split('.').map(Number);
  for (const [at, other] of right.split('.').map(Number).entries()) {
    const difference = (numbers[at] ?? 0) - other;
    if (difference !== 0) return difference;
  }
  if (leftPre === rightPre) return 0;
  if (leftPre === '') return 1;
  if (rightPre === '') return -1;
  return leftPre < rightPre ? -1 : 1;
}

/** Shares by label, of a version's answers in a window. */
export function sharesOf(version: VersionView, window: WindowName): ReadonlyMap<string, number> {
  const { labels, answered } = version.windows[window];
  return new Map(labels.map(({ label, count }) => [label, answered === 0 ? 0 : count / answered]));
}

/** Devices that answer with each version. */
export function devicesByVersion(store: Store): ReadonlyMap<string, number> {
  const devices = new Map<string, number>();
  for (const { models } of store.devices.values()) {
    for (const id of models) devices.set(id, (devices.get(id) ?? 0) + 1);
  }
  return devices;
}
