// Installs Prometheus and VictoriaMetrics, which `npm run test:metrics` needs: Debian builds Prometheus without its
// receiver of OTLP. Installs as root on Debian; elsewhere it prints what to
// install. A second call does nothing.
import { installPackages } from './debian-packages.mjs';

const problem = installPackages(['prometheus', 'victoria-metrics'], 'Tests of metrics');
if (problem !== null) process.stderr.write(`${problem}\n`);
process.exit(problem === null ? 0 : 1);
