// Prepares the tools that all scripts here use, on a machine with only Node 20 or newer, npm, Python and git.
// Plain JavaScript, because the Node that starts it may not run TypeScript yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, fingerprintPythonTools, installPythonTools, pythonTools } from './python-tools.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsFolder = join(root, '.tools');
const toolsBin = join(toolsFolder, 'bin');

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

const toolsOfPython = (python) => ({
  marker: join(toolsFolder, '.installed'),
  mark: fingerprintPythonTools(python),
  make() {
    say(`Installing ${pythonTools.join(' and ')} from PyPI into .tools ...`);
    installPythonTools(python, toolsFolder, say);
  },
});

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
