import { defineConfig } from 'vitest/config';
import ordinary, { containerTests } from './vitest.config.ts';

/** Tests on real container engines, one file after the other; scripts/test-containers.mjs runs them. */
export default defineConfig({
  test: {
    ...ordinary.test,
    include: [`{packages,apps,testing}/${containerTests}`],
    exclude: ['**/node_modules/**'],
    globalSetup: ['testing/fixtures/postgres-global-setup.ts', 'testing/fixtures/engines-global-setup.ts'],
    fileParallelism: false,
  },
});
