import { filterCovers } from '../broker/filter-covers.ts';
import { type ConfigurationTree, isTree } from './configuration/configuration-tree.ts';
import { IpcError } from './ipc/ipc-error.ts';

/** Services that have policies, as recipes name them in `accessControl`. */
export type PolicyService = 'aws.greengrass.ipc.pubsub' | 'aws.greengrass.ipc.mqttproxy' | 'aws.greengrass.Cli';

export interface Wish {
  readonly component: string;
  readonly configuration: ConfigurationTree;
  readonly thing: string;
  readonly service: PolicyService;
  /** Without its namespace. */
  readonly operation: string;
  readonly resource: string;
}

/**
 * Lets a component do what its configuration's `accessControl` says it may (fact G7): operations by name or `*`, resources
 * with `*`, with `{iot:thingName}`, and for IoT Core with `+` and `#`. It knows no `${*}` escapes.
 * @throws IpcError UnauthorizedError
 */
export function authorize(wish: Wish): void {
  const { component, configuration, service, operation, resource } = wish;
  const accessControl = configuration.accessControl;
  const policies = isTree(accessControl) ? accessControl[service] : undefined;
  const allowed = isTree(policies) && Object.values(policies).some((policy) => allows(policy, wish));
  if (allowed) return;
  const what = `Principal ${component} is not authorized to perform ${service}:aws.greengrass#${operation}`;
  throw new IpcError('UnauthorizedError', `${what} on resource ${resource}`);
}

function allows(policy: unknown, { thing, service, operation, resource }: Wish): boolean {
  if (!isTree(policy)) return false;
  const operations = strings(policy.operations);
  if (!operations.some((name) => name === '*' || name === `aws.greengrass#${operation}`)) return false;
  return strings(policy.resources).some((raw) => {
    const pattern = raw.replaceAll('{iot:thingName}', thing);
    return (
      matchesGlob(pattern, resource) || (service === 'aws.greengrass.ipc.mqttproxy' && filterCovers(pattern, resource))
    );
  });
}

function matchesGlob(pattern: string, resource: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return pattern === resource;
  if (!resource.startsWith(first)) return false;
  let from = first.length;
  const last = others.pop() ?? '';
  for (const part of others) {
    const at = resource.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return resource.length - last.length >= from && resource.endsWith(last);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
