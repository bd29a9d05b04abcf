/** Why a call to the cloud failed, and whether it is worth another try. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  /** Of the answer; 0 where there was none. */
  readonly status: number;
  /** The service's name for it. */
  readonly code: string;

  constructor(status: number, code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.code = code;
  }

  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const TRIES = 4;
/** A real nucleus waits minutes; a stack on one machine is there or not. */
const FIRST_PAUSE_MS = 100;

/** Tries again, with longer pauses, where the cloud was away, too busy or broken. @throws CloudError the last one */
export async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CloudError) || !error.isPassing || attempt === TRIES) throw error;
      const pauseMs = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
