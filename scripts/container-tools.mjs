// Installs what `npm run test:containers` needs: Podman, and with --docker also Docker; with --compose also what
// `npm run test:image` needs. Installs as root on Debian; elsewhere it prints what to install. A second call does
// nothing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

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

function isInstalled(name) {
  try {
    const format = ['--show', '--showformat', '${db:Status-Status}', name];
    return execFileSync('dpkg-query', format, { encoding: 'utf8', stdio: 'pipe' }) === 'installed';
  } catch {
    return false;
  }
}

function install(names) {
  process.stderr.write(`Installing ${names.join(' ')} ...\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const stdio = ['ignore', 2, 2];
  execFileSync('apt-get', ['update', '--quiet=2'], { env, stdio });
  execFileSync('apt-get', ['install', '--yes', '--quiet=2', '--no-install-recommends', ...names], {
    env,
    stdio,
  });
}

function main() {
  if (!existsSync('/etc/debian_version'))
    return `Container tests run on Debian. Elsewhere, install what these packages of Debian hold: ${wanted.join(' ')}`;
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return null;
  if (process.getuid() !== 0)
    return `Container tests start engines of their own, as root. Run as root: apt-get install ${missing.join(' ')}`;
  install(missing);
  return null;
}

const problem = main();
if (problem !== null) process.stderr.write(`${problem}\n`);
process.exit(problem === null ? 0 : 1);
