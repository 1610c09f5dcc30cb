import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/skipped-tests.ts'],
    globalSetup: ['test/build.ts'],
    // Most of a test's time is that of the Git and sops that it starts: as many at once as there are cores.
    maxWorkers: availableParallelism(),
    // Stories with real tools, on machines with other work beside them: what hangs is found all the same.
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
