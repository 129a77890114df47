// Builds the console into apps/web/dist, unless it was built from the current files.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { defineBuild } from './build-once.mjs';
import { root } from './toolchain.mjs';

export const buildConsole = defineBuild({
  script: import.meta.url,
  folder: 'apps/web/dist',
  sources: [
    'package-lock.json',
    'apps/web/index.html',
    'apps/web/vite.config.ts',
    'apps/web/src',
    'packages/client/src',
    'packages/contract/src',
  ],
  build: () =>
    execFileSync('vite', ['build', '--logLevel', 'warn'], {
      cwd: join(root, 'apps', 'web'),
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
});
