import { defineConfig } from 'vitest/config';
import ordinary, { imageTests } from './vitest.config.ts';

/** The images of deploy/, built and started with its compose file on a real Podman; `npm run test:image` runs them. */
export default defineConfig({
  test: {
    ...ordinary.test,
    include: [`testing/${imageTests}`],
    exclude: ['**/node_modules/**'],
    globalSetup: [],
    hookTimeout: 1_200_000,
  },
});
