import { configDefaults, defineConfig } from 'vitest/config';

export const containerTests = '**/*.containers.test.ts';
export const imageTests = '**/*.image.test.ts';
export const slowTests = '**/*.slow.test.ts';

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', 'testing/**/*.test.ts'],
    // The first two need a container engine: npm run test:containers, npm run test:image. The last: npm run test:slow.
    exclude: [...configDefaults.exclude, containerTests, imageTests, slowTests],
    globalSetup: ['testing/fixtures/postgres-global-setup.ts', 'testing/fixtures/executor-global-setup.ts'],
    // Only a test that hangs comes to these: no test may fail because the machine is slow, or builds its first environment.
    testTimeout: 660_000,
    hookTimeout: 660_000,
    expect: { poll: { timeout: 300_000 } },
    maxWorkers: 2,
  },
});
