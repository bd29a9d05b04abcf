import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // ONNX Runtime would report its use to its maker, and leave its logs among the temporary files.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    maxWorkers: 2,
  },
});
