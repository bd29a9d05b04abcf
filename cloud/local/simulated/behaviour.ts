/** How a simulated device takes deployments, and what its runtime says. */
export interface Behaviour {
  /**
   * What becomes of a deployment that changes something: `install-fails` breaks the last component that it changes,
   * `model-refused` the first model (its golden samples fail). Then the Java nucleus puts back what was there, and lite does not.
   */
  readonly deployment: 'succeeds' | 'install-fails' | 'model-refused';
  /** How long it takes, in milliseconds. */
  readonly deploymentMs: number;
  /** False: it takes a job, and never says what became of it. */
  readonly reportsJobs: boolean;
  /** False: it isn't connected, from the start on. */
  readonly isOnline: boolean;
  /** False: the runtime says nothing; the nucleus does. */
  readonly speaks: boolean;
  /** Share of texts on which the version before and the one that serves agree. */
  readonly agreement: number;
  /** Median of the time to an answer; the 90th and 99th percentiles are 2 and 4 times that. */
  readonly latencyMs: number;
  /** Share of texts that could not be answered. */
  readonly errorRate: number;
  /** Mean calibrated confidence. */
  readonly confidence: number;
  /** Earlier lives of the runtime. */
  readonly restarts: number;
  /** Every message is published twice. */
  readonly duplicates: boolean;
  /** Every second message comes before the one before it. */
  readonly reorders: boolean;
}

/** A device and a model as one wants them. */
export const OBEDIENT: Behaviour = {
  deployment: 'succeeds',
  deploymentMs: 0,
  reportsJobs: true,
  isOnline: true,
  speaks: true,
  agreement: 0.99,
  latencyMs: 1,
  errorRate: 0,
  confidence: 0.95,
  restarts: 0,
  duplicates: false,
  reorders: false,
};

/** Chooses by the thing, and by the versions of components that it is about to have, or has. */
export type ChooseBehaviour = (thing: string, components: Readonly<Record<string, string>>) => Partial<Behaviour>;
