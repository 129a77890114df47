// Installs Prometheus, which `npm run test:metrics` needs. Installs as root on Debian; elsewhere it prints what to
// install. A second call does nothing.
import { installPackages } from './debian-packages.mjs';

const problem = installPackages(['prometheus'], 'Tests of metrics');
if (problem !== null) process.stderr.write(`${problem}\n`);
process.exit(problem === null ? 0 : 1);
