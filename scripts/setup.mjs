import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole } from './build-console.mjs';
import { buildDocs } from './build-docs.mjs';
import { listPythonTools, prepareToolchain, root } from './toolchain.mjs';

// npm on an older Node leaves out optional packages that need a newer one, and the build then fails without a reason.
if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(
    `Pumphouse needs Node 20 or newer, and this is ${process.versions.node}. Install a newer Node (https://nodejs.org) and run this again.\n`,
  );
  process.exit(1);
}

const env = prepareToolchain();
buildConsole(env);
buildDocs(env);
process.stderr.write(
  `Ready: node_modules, the console, the documentation and .tools (${listPythonTools().join(', ')}).\n`,
);
// Written in TypeScript, so it needs the Node that was just installed.
execFileSync(join(root, 'bin', 'pumphouse'), ['check'], { env, stdio: ['ignore', 2, 2] });
