// `npm run demo`: installs everything it needs, then starts the demo itself, which needs Node 24.
import { spawnSync } from 'node:child_process';
import { prepareToolchain, root } from './toolchain.mjs';

const { status } = spawnSync('node', ['testing/demo/run.ts'], {
  cwd: root,
  env: prepareToolchain(),
  stdio: 'inherit',
});
process.exit(status ?? 1);
