import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole } from './build-console.mjs';
import { listPythonTools, prepareToolchain, root } from './toolchain.mjs';

const env = prepareToolchain();
buildConsole(env);
process.stderr.write(`Ready: node_modules, the console and .tools (${listPythonTools().join(', ')}).\n`);
// Written in TypeScript, so it needs the Node that was just installed.
execFileSync(join(root, 'bin', 'pumphouse'), ['check'], { env, stdio: ['ignore', 2, 2] });
