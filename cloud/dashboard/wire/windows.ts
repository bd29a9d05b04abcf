/** How far back the page looks. The charts have a point for each step; what versions are compared by is kept in coarser ones. */
export const WINDOWS = {
  '15m': { words: '15 minutes', stepMs: 5_000, steps: 180, versionStepMs: 60_000, versionSteps: 15 },
  '6h': { words: '6 hours', stepMs: 120_000, steps: 180, versionStepMs: 900_000, versionSteps: 24 },
  '7d': { words: '7 days', stepMs: 3_600_000, steps: 168, versionStepMs: 21_600_000, versionSteps: 28 },
} as const;

export type WindowName = keyof typeof WINDOWS;

export const WINDOW_NAMES: readonly WindowName[] = ['15m', '6h', '7d'];
