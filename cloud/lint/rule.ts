import type { RecipeFile } from './recipe-file.ts';

/** An `error` breaks a deployment on one nucleus or the other; a `warning` is a thing to know. */
export type Severity = 'error' | 'warning';

/** One place where a recipe breaks a rule. */
export interface Problem {
  /** Key path, such as `Manifests[0].Platform.runtime`. */
  readonly where: string;
  readonly what: string;
}

/** One thing that breaks on a nucleus, or in the cloud. */
export interface Rule {
  /** Stable; what a reader greps for. */
  readonly id: string;
  /** The facts behind it, or the nucleus' own documentation. */
  readonly facts: string;
  readonly severity: Severity;
  /** What to do about it. */
  readonly next: string;
  check(recipe: RecipeFile): Iterable<Problem>;
}

/** A broken rule, as it is reported. */
export interface Finding extends Problem {
  readonly file: string;
  readonly rule: string;
  readonly facts: string;
  readonly severity: Severity;
  readonly next: string;
}
