/** Signals by which a process dies of its own native code, as far as the device SDK catches them. */
const CRASH_SIGNALS = ['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGSEGV'] as const;

/**
 * Takes back the handlers of the device SDK's native library, so that a crash ends the process. They print a backtrace, for which
 * they allocate memory: where the crash came out of the allocator, they wait for its lock for ever, and a nucleus never
 * starts a component again that has not ended. To be called once the library is loaded.
 */
export function leaveCrashesToTheSystem(): void {
  const nothing = (): void => undefined;
  // A listener takes the place of the library's handler; with the last one gone Node sets the system's default.
  for (const signal of CRASH_SIGNALS) process.on(signal, nothing).off(signal, nothing);
}
