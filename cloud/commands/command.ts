/** What a verb may use of the process it runs in; tests hand in their own. */
export interface CommandContext {
  /** Positional arguments in order; an optional one that is absent is undefined. */
  readonly arguments: readonly (string | undefined)[];
  /** Option values by camel-case name, as the command line gave them: strings, string lists or true. */
  readonly options: Readonly<Record<string, unknown>>;
  /** True where `--json` was given: one JSON document on standard output, progress on standard error. */
  readonly json: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** One argument of a verb, as data. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  /** The last one may take several: they all come, in order. */
  readonly variadic?: boolean;
}

/** One option of a verb, as data. */
export interface OptionSpec {
  /** As written in help, for example `--samples <file>`; without `<…>` it is a switch. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; the value is then a list. */
  readonly repeatable?: boolean;
  readonly required?: boolean;
}

/** A verb of `verge`: data plus one handler. `--json` and `--help` are added to each. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** What `--json` does, where it isn't one JSON document on standard output. */
  readonly jsonDescription?: string;
  /** Whole command lines; the first is the most usual. */
  readonly examples: readonly string[];
  /** A number is the exit code of a verb whose work went well and whose finding is bad news. */
  run(context: CommandContext): Promise<void> | Promise<number>;
}
