import { listPythonTools, prepareToolchain } from './toolchain.mjs';

prepareToolchain();
process.stderr.write(`Ready: node_modules and .tools (${listPythonTools().join(', ')}).\n`);
