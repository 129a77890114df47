import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findProgram } from './find-program.ts';

/** A Python environment, as its files describe it: starting Python would take longer than all else. */
export interface Python {
  path: string;
  /** Major and minor, such as `3.12`; undefined if its files do not say it. */
  version: string | undefined;
  /** The release of dlt that is installed; undefined if there is none, or its files do not say it. */
  dltVersion: string | undefined;
  /** `option`: the user named it; `path`: whatever `python3` is. */
  origin: 'option' | 'environment' | 'path';
  /** Changes when packages are installed or removed. */
  fingerprint: string;
}

const binFolder = process.platform === 'win32' ? 'Scripts' : 'bin';

/**
 * Finds the interpreter of the workspace: `--python`, `.venv`, the active environment, then `python3` on the PATH.
 * A version as `--python` is that of the runs: the code is still imported by the environment, which has its packages.
 * @returns null if there is none
 * @throws CommandError python_not_found for a `--python` that does not exist
 */
export function findPython(
  root: string,
  { named, env }: { named: string | undefined; env: NodeJS.ProcessEnv },
): Python | null {
  if (named === undefined) return findUnnamed(root, ['python3', 'python'], env);
  if (!/^3\.\d{1,2}$/.test(named)) return describeNamed(named, env);
  const found = findUnnamed(root, [`python${named}`, 'python3', 'python'], env);
  if (found !== null) return { ...found, version: named, origin: 'option' };
  throw new CommandError(`There is no Python ${named} here, and no other.`, {
    code: 'python_not_found',
    exitCode: exitCodes.usage,
    nextStep: `Leave --python out, and write ${named} into .python-version.`,
  });
}

function findUnnamed(root: string, programs: readonly string[], env: NodeJS.ProcessEnv): Python | null {
  const folders = [join(root, '.venv'), env['VIRTUAL_ENV'], join(root, 'venv')];
  const paths = folders.flatMap((folder) => (folder ? [join(folder, binFolder, 'python')] : []));
  const environment = paths.find((each) => existsSync(each));
  if (environment !== undefined) return describe(environment, 'environment');
  const path = programs.map((name) => findProgram(name, env)).find((each) => each !== null);
  return path === undefined ? null : describe(path, 'path');
}

function describeNamed(named: string, env: NodeJS.ProcessEnv): Python {
  // The worker runs in the workspace folder, to which a relative path would then belong.
  const path = existsSync(named) && !statSync(named).isDirectory() ? resolve(named) : findProgram(named, env);
  if (path !== null) return describe(path, 'option');
  throw new CommandError(`There is no Python at ${named}.`, {
    code: 'python_not_found',
    exitCode: exitCodes.usage,
    nextStep: 'Give a version, such as 3.12, or the path of an interpreter, such as .venv/bin/python.',
  });
}

function describe(path: string, origin: Python['origin']): Python {
  const environment = dirname(dirname(path));
  const library = findLibrary(environment);
  const installed = library === null ? [] : listInstalled(library.folder);
  const dlt = installed.find((name) => /^dlt-[\d.a-z]+\.dist-info$/.test(name));
  return {
    path,
    origin,
    version: readVersion(environment) ?? library?.version ?? readLinkedVersion(path),
    dltVersion: dlt?.slice('dlt-'.length, -'.dist-info'.length),
    fingerprint: `${path} ${readStamp(path)} ${library === null ? '' : readStamp(library.folder)}`,
  };
}

function findLibrary(environment: string): { folder: string; version: string } | null {
  const library = join(environment, 'lib');
  const name = listInstalled(library).find((each) => /^python3\.\d+$/.test(each));
  if (name === undefined) return null;
  const folder = join(library, name, 'site-packages');
  return existsSync(folder) ? { folder, version: name.slice('python'.length) } : null;
}

function readVersion(environment: string): string | undefined {
  try {
    return /^version(?:_info)?\s*=\s*(3\.\d+)/m.exec(
      readFileSync(join(environment, 'pyvenv.cfg'), 'utf8'),
    )?.[1];
  } catch {
    return undefined;
  }
}

/** Debian's own Python has no `site-packages`, but its name leads to one with the version. */
function readLinkedVersion(path: string): string | undefined {
  return /^python(3\.\d+)$/.exec(basename(realpathSync(path)))?.[1];
}

function listInstalled(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readStamp(path: string): string {
  const { mtimeMs, ino } = statSync(path);
  return `${mtimeMs}:${ino}`;
}
