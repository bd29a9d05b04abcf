import { createHash } from 'node:crypto';

/**
 * The same order has the same name, so that running a command again finds its job.
 * @param decides everything that the result depends on
 */
export function jobName(verb: string, decides: object): string {
  const digest = createHash('sha256').update(JSON.stringify(decides)).digest('hex');
  return `verge-${verb}-${digest.slice(0, 20)}`;
}

/** The n-th job of an order whose earlier ones failed: SageMaker uses no name twice. */
export function nthName(name: string, n: number): string {
  return n === 1 ? name : `${name}-${n}`;
}
