// Installs Chromium without its windows (a third less processor time than `chromium --headless`), which the tests of pages
// need. Installs as root on Debian; elsewhere it prints what to
// install. A second call does nothing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const browser = '/usr/bin/chromium-headless-shell';

function main() {
  if (existsSync(browser)) return null;
  if (!existsSync('/etc/debian_version') || process.getuid() !== 0)
    return `The tests of pages need ${browser}. On Debian, as root: apt-get install chromium-headless-shell`;
  process.stderr.write('Installing chromium-headless-shell ...\n');
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 2, 2] };
  execFileSync('apt-get', ['update', '--quiet=2'], options);
  execFileSync(
    'apt-get',
    ['install', '--yes', '--quiet=2', '--no-install-recommends', 'chromium-headless-shell'],
    options,
  );
  return null;
}

const problem = main();
if (problem !== null) process.stderr.write(`${problem}\n`);
process.exit(problem === null ? 0 : 1);
