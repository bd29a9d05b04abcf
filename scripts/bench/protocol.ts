/** How texts are handed over: each awaited before the next, or many at once. */
export type Mode = 'one' | 'batched';

/** What the parent asks of a side: one round over texts, by their indices in the file that the side was started with. */
export interface RoundRequest {
  readonly mode: Mode;
  readonly from: number;
  readonly to: number;
}

export interface RoundReply {
  /** Of the whole process, every thread of it. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Best label of each text, before any threshold. */
  readonly labels: readonly string[];
  /** One by one only: how long each text took. */
  readonly latenciesMs: readonly number[];
  /** The most memory that the process has held so far. */
  readonly maxRssBytes: number;
}

/** What a side prints in its first line when it is started for a cold start alone. */
export interface FirstAnswer {
  readonly label: string;
  /** From process start. */
  readonly cpuMs: number;
}

/** How a side is started: `node SIDE.js '<json>'`. */
export interface SideOptions {
  /** Ours: a bundle. The peer's: a folder laid out as transformers.js wants it. */
  readonly model: string;
  /** JSON array of strings. */
  readonly texts: string;
  /** Absent: as it comes. */
  readonly threads?: number;
  /** Ours alone: runs in a thread beside the caller's, as on a device; else on the caller's, as the peer does. */
  readonly ownThread?: boolean;
  /** Ours alone: only the session, on token ids and batches made before; no label comes out. Bounds what any way around it can reach. */
  readonly networkOnly?: boolean;
  /** The peer's alone: where it is installed. */
  readonly installation?: string;
  /** Answer the first text, print it, end. */
  readonly firstAnswerOnly: boolean;
}
