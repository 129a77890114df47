// Runs the given command with Node 24, uv and bwrap first in PATH, installing them when they are missing.
import { spawnSync } from 'node:child_process';
import { prepareToolchain, root } from './toolchain.mjs';

const [command, ...args] = process.argv.slice(2);
const result = spawnSync(command, args, { cwd: root, env: prepareToolchain(), stdio: 'inherit' });
if (result.error) throw result.error;
process.exit(result.status ?? 1);
