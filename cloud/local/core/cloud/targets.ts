import type { JobDocument } from './job-document.ts';
import type { Requirements } from './resolve.ts';

/** What the deployments of one target ask for: a group of things, or this thing. */
export interface TargetRoots {
  /** Of the deployment that it comes from. */
  readonly configurationArn: string;
  /** Component → version. */
  readonly components: Readonly<Record<string, string>>;
}

/** By target: `thinggroup/NAME`, `thing/NAME`. A device gets the union (fact G1). */
export type Targets = Readonly<Record<string, TargetRoots>>;

/** The targets after a deployment, less groups that the device has left. */
export function afterDeployment(targets: Targets, document: JobDocument, groups: readonly string[]): Targets {
  const isMine = (target: string): boolean =>
    target === document.target || !target.startsWith('thinggroup/') || groups.includes(target.slice(11));
  const components = Object.fromEntries(
    Object.entries(document.components).map(([name, { version }]) => [name, version]),
  );
  const kept = Object.entries(targets).filter(([target]) => isMine(target));
  return {
    ...Object.fromEntries(kept),
    [document.target]: { configurationArn: document.configurationArn, components },
  };
}

/** ARNs of the deployments that a component is a root of. */
export function arnsFor(targets: Targets, component: string): string[] {
  return Object.values(targets)
    .filter(({ components }) => components[component] !== undefined)
    .map(({ configurationArn }) => configurationArn);
}

/**
 * Component → target → version. Two targets that want different versions of one component want what there isn't (fact G1).
 * @param exactly how the nucleus writes that it wants one version and no other
 */
export function rootsOf(targets: Targets, exactly: string): Map<string, Requirements> {
  const roots = new Map<string, Requirements>();
  for (const [target, { components }] of Object.entries(targets)) {
    for (const [name, version] of Object.entries(components)) {
      roots.set(name, { ...roots.get(name), [target]: `${exactly}${version}` });
    }
  }
  return roots;
}
