// `npm run demo [-- --keep]`: installs everything it needs, then starts the demo itself, which needs Node 24.
import { spawnSync } from 'node:child_process';
import { buildConsole } from './build-console.mjs';
import { prepareToolchain, root } from './toolchain.mjs';

const env = prepareToolchain();
buildConsole(env);
// Ctrl+C reaches both processes. The demo removes what it started, so this one waits for its end.
process.on('SIGINT', () => undefined);
const { status } = spawnSync('node', ['testing/demo/run.ts', ...process.argv.slice(2)], {
  cwd: root,
  env,
  stdio: 'inherit',
});
process.exit(status ?? 1);
