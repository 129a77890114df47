// Builds the documentation into apps/docs/dist for a server at the root of its host, unless it was built from the
// current files. `npm run build:docs` builds it for other paths.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { defineBuild } from './build-once.mjs';
import { root } from './toolchain.mjs';

export const buildDocs = defineBuild({
  script: import.meta.url,
  folder: 'apps/docs/dist',
  sources: [
    'package-lock.json',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs',
    'apps/docs',
    'packages/contract/src',
  ],
  build: () =>
    // The first in PATH is Node 24; the one that runs this may not run TypeScript.
    execFileSync('node', [join(root, 'apps', 'docs', 'src', 'build.ts')], {
      cwd: root,
      // Its warnings are not for those who set up a server; an error contains them.
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
});
