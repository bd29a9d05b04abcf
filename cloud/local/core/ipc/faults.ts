import type { IpcErrorName } from './ipc-error.ts';

/** What goes wrong with a call, and when: before the operation has run, or after it and instead of its answer. */
export type Fault =
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | {
      readonly kind: 'error';
      readonly code: IpcErrorName;
      readonly message: string;
      readonly when: 'before' | 'after';
    };

interface Planned {
  readonly operation: string | undefined;
  readonly fault: Fault;
  left: number;
}

/** Failures of the IPC on demand. */
export class Faults {
  /** True: tokens are refused, good ones too. */
  refuseTokens = false;
  readonly #planned: Planned[] = [];
  readonly #held = new Set<{ readonly operation: string | undefined; readonly over: Promise<void> }>();

  /** Cuts the connection in the next `times` calls: before they run, or after, so that their answers are lost. */
  drop(options: { readonly operation?: string; readonly when: 'before' | 'after'; readonly times?: number }): void {
    this.#plan(options.operation, options.times, { kind: 'drop', when: options.when });
  }

  /** Answers the next `times` calls with an error; `when: 'after'` they have been carried out all the same. */
  answerError(options: {
    readonly operation?: string;
    readonly code?: IpcErrorName;
    readonly message?: string;
    readonly when?: 'before' | 'after';
    readonly times?: number;
  }): void {
    const { operation, code = 'ServiceError', message = '', when = 'before', times } = options;
    this.#plan(operation, times, { kind: 'error', code, message, when });
  }

  /**
   * Keeps answers back until the function returned is called; the operations run, so that an event of a publish overtakes
   * its own response (fact I3).
   */
  holdAnswers(operation?: string): () => void {
    let release: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = { operation, over };
    this.#held.add(hold);
    return () => {
      this.#held.delete(hold);
      release();
    };
  }

  /** Takes the fault that this call meets, if any. */
  take(operation: string): Fault | undefined {
    const index = this.#planned.findIndex((planned) => (planned.operation ?? operation) === operation);
    const planned = this.#planned[index];
    if (planned === undefined) return undefined;
    planned.left--;
    if (planned.left <= 0) this.#planned.splice(index, 1);
    return planned.fault;
  }

  /** Resolves when this operation's answer may go out. */
  async whenReleased(operation: string): Promise<void> {
    const mine = [...this.#held].filter((hold) => (hold.operation ?? operation) === operation);
    await Promise.all(mine.map(({ over }) => over));
  }

  #plan(operation: string | undefined, times: number | undefined, fault: Fault): void {
    this.#planned.push({ operation, fault, left: times ?? 1 });
  }
}
