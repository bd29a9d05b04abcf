import type { Processor } from './processor.ts';
import type { ModelName } from './targets.ts';

/** One mode of one side, in medians over the rounds. */
export interface Throughput {
  readonly name: string;
  readonly cpuMsPerText: number;
  readonly wallMsPerText: number;
}

/** Texts of a length, one by one on one thread: medians of wall time. */
export interface LengthBucket {
  readonly tokens: string;
  readonly texts: number;
  readonly peerMs: number;
  readonly vergeMs: number;
}

/** A value of both sides, and how they relate. */
export interface Compared {
  readonly name: string;
  readonly peer: number;
  readonly verge: number;
}

/** Something that was aimed at. `reached` is measured the same way as `target`. */
export interface Goal {
  readonly name: string;
  readonly target: string;
  readonly reached: string;
  readonly met: boolean;
  /** The best that is left by the network alone, measured in the same run: no way from text to label costs less than nothing. */
  readonly bound?: string;
}

/** All that was measured of one model. */
export interface ModelReport {
  readonly model: ModelName;
  readonly oneThread: readonly Throughput[];
  readonly defaultThreads: readonly Throughput[];
  readonly lengths: readonly LengthBucket[];
  /** From process start. */
  readonly firstAnswer: readonly Compared[];
  readonly peakMemory: readonly Compared[];
  /** Share of the texts on which both sides give the same label. */
  readonly agreement: number;
  /** Of the fp32 checkpoint's bytes. */
  readonly bundleShare: number;
  readonly goals: readonly Goal[];
}

export interface Report {
  readonly date: string;
  readonly processor: Processor;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly texts: number;
  readonly models: readonly ModelReport[];
}
