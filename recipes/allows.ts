import type { AccessControl } from './access-control.ts';

/** A call that a component makes of the nucleus. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly topic: string;
  readonly thing: string;
}

/** Whether an access control lets a call through, as both nuclei read it: `*` any text, `+` one level, a last `#` the rest. */
export function allows(accessControl: AccessControl, { service, operation, topic, thing }: Call): boolean {
  return Object.values(accessControl[service] ?? {}).some(
    ({ operations, resources }) =>
      (operations.includes('*') || operations.includes(operation)) &&
      resources.some((resource) => patternOf(resource.replaceAll('{iot:thingName}', thing)).test(topic)),
  );
}

function patternOf(resource: string): RegExp {
  const source = resource
    .replace(/[.^$?(){}|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replace(/(?<=^|\/)\+(?=\/|$)/g, '[^/]*')
    .replace(/(?<=^|\/)#$/, '.*');
  return new RegExp(`^${source}$`, 's');
}
