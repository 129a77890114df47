// Installs what `npm run test:containers` needs: Podman, and with --docker also Docker; with --compose also what
// `npm run test:image` needs. Installs as root on Debian; elsewhere it prints what to install. A second call does
// nothing.
import { installPackages } from './debian-packages.mjs';

// runc: crun, the default of Debian's Podman, does not support version 1 cgroups. catatonit: the first
// process of a container with --init.
const podmanPackages = ['podman', 'runc', 'netavark', 'aardvark-dns', 'nftables', 'catatonit'];
const dockerPackages = ['docker.io', 'docker-cli', 'iptables'];
const composePackages = ['docker-compose'];
// mmdebstrap builds the images; iproute2 and util-linux isolate test engines; passt gives processes their own
// network; PgBouncer has tests of its own.
const testPackages = ['mmdebstrap', 'iproute2', 'util-linux', 'passt', 'pgbouncer'];

const wanted = [
  ...podmanPackages,
  ...testPackages,
  ...(process.argv.includes('--docker') ? dockerPackages : []),
  ...(process.argv.includes('--compose') ? composePackages : []),
];

const problem = installPackages(wanted, 'Container tests');
if (problem !== null) process.stderr.write(`${problem}\n`);
process.exit(problem === null ? 0 : 1);
