import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommandContext } from './command.ts';

/** The two streams of a command line, watched from its start to the end of the process. */
export interface WatchedOutput {
  /** Aborted like the one that was given, and where a stream takes nothing more. */
  readonly signal: AbortSignal;
  /** Why a stream takes nothing more, once what has been written so far is known to have failed. */
  failure(): Promise<NodeJS.ErrnoException | undefined>;
}

/** A stream that fails ends the command, be it that its reader has gone (`verge … | head`) or that its disk is full. */
export function watchOutput({
  stdout,
  stderr,
  signal,
}: Pick<CommandContext, 'stdout' | 'stderr' | 'signal'>): WatchedOutput {
  const stop = new AbortController();
  let failure: NodeJS.ErrnoException | undefined;
  for (const stream of [stdout, stderr]) {
    // Stays: what is written at the very end may fail after it.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      failure ??= error;
      stop.abort(failure);
    });
  }
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    async failure() {
      await nextTurn(); // streams tell of a failure a moment after the write
      return failure;
    },
  };
}

/** Writes a piece of what may be much, and waits until there is room again. @throws the signal's reason */
export async function writePiece(
  { stdout, signal }: Pick<CommandContext, 'stdout' | 'signal'>,
  piece: string,
): Promise<void> {
  signal.throwIfAborted();
  if (stdout.write(piece)) return;
  try {
    await once(stdout, 'drain', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
