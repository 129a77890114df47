// Installs Debian packages for tests that start programs of the system as root.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

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

/**
 * Installs what is missing.
 * @param {string[]} wanted names of packages
 * @param {string} tests "Container tests"
 * @returns {string | null} what to do if it cannot install here
 */
export function installPackages(wanted, tests) {
  if (!existsSync('/etc/debian_version'))
    return `${tests} run on Debian. Elsewhere, install what these packages of Debian hold: ${wanted.join(' ')}`;
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return null;
  if (process.getuid() !== 0)
    return `${tests} start programs of the system, as root. Run as root: apt-get install ${missing.join(' ')}`;
  install(missing);
  return null;
}
