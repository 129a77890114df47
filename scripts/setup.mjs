import { buildConsole } from './build-console.mjs';
import { listPythonTools, prepareToolchain } from './toolchain.mjs';

buildConsole(prepareToolchain());
process.stderr.write(`Ready: node_modules, the console and .tools (${listPythonTools().join(', ')}).\n`);
