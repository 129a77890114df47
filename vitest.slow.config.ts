import { configDefaults, defineConfig } from 'vitest/config';
import ordinary, { slowTests } from './vitest.config.ts';

/** Tests of whole servers that wait for clocks, leases or environments; `npm run test:slow` runs them. */
export default defineConfig({
  test: { ...ordinary.test, include: [`testing/${slowTests}`], exclude: configDefaults.exclude },
});
