/**
 * Failures on purpose: a rule says which calls it wants, how they go wrong, and how often. Every call is counted, so a
 * test can run once to learn the calls, and then once more for each of them with that one failing.
 */

/** One call that reached the stack. */
export interface CallRecord {
  /** From 0, over all services. */
  readonly index: number;
  readonly service: string;
  readonly operation: string;
  readonly status: number;
}

export type Fault =
  /** The service's own words for "too often". */
  | { readonly kind: 'throttle' }
  | { readonly kind: 'error'; readonly code: string; readonly status: number; readonly message: string }
  /** The connection ends, and nothing was done. */
  | { readonly kind: 'disconnect' }
  /** It was done, and the connection ends before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The connection ends inside the body of the answer. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** The connection goes silent inside the body of the answer, and stays. */
  | { readonly kind: 'stall-answer'; readonly afterBytes: number };

export interface FaultRule {
  readonly fault: Fault;
  readonly service?: string;
  readonly operation?: string;
  /** The call with this number of all calls. */
  readonly index?: number;
  /** Calls of this sort that pass before it takes hold. Default: 0. */
  readonly after?: number;
  /** Default: once. */
  readonly times?: number;
}

export interface Faults {
  inject(rule: FaultRule): void;
  clear(): void;
  /** All calls since the start, in the order in which they were answered. */
  readonly calls: readonly CallRecord[];
}

export interface FaultBook extends Faults {
  /** Counts a call, and says how it goes wrong. */
  next(service: string, operation: string): { readonly index: number; readonly fault: Fault | undefined };
  answered(call: CallRecord): void;
}

export function createFaults(): FaultBook {
  const calls: CallRecord[] = [];
  let rules: { rule: FaultRule; seen: number; left: number }[] = [];
  let count = 0;
  return {
    calls,
    inject(rule) {
      rules.push({ rule, seen: 0, left: rule.times ?? 1 });
    },
    clear() {
      rules = [];
    },
    next(service, operation) {
      const index = count;
      count += 1;
      let fault: Fault | undefined;
      for (const entry of rules) {
        const { rule } = entry;
        const wanted =
          (rule.service ?? service) === service &&
          (rule.operation ?? operation) === operation &&
          (rule.index ?? index) === index;
        if (!wanted) continue;
        entry.seen += 1;
        if (fault || entry.seen <= (rule.after ?? 0) || entry.left <= 0) continue;
        entry.left -= 1;
        fault = rule.fault;
      }
      return { index, fault };
    },
    answered(call) {
      calls.push(call);
    },
  };
}
