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
  /** Changes when packages are installed or removed. */
  fingerprint: string;
}

const binFolder = process.platform === 'win32' ? 'Scripts' : 'bin';

/**
 * Finds the interpreter of the workspace: `--python`, the active environment, `.venv`, then `python3` on the PATH.
 * @returns null if there is none
 * @throws CommandError python_not_found for a `--python` that does not exist
 */
export function findPython(
  root: string,
  { named, env }: { named: string | undefined; env: NodeJS.ProcessEnv },
): Python | null {
  if (named !== undefined) return describeNamed(named, env);
  const folders = [join(root, '.venv'), env['VIRTUAL_ENV'], join(root, 'venv')];
  const paths = folders.flatMap((folder) => (folder ? [join(folder, binFolder, 'python')] : []));
  const path =
    paths.find((each) => existsSync(each)) ?? findProgram('python3', env) ?? findProgram('python', env);
  return path === null ? null : describe(path);
}

function describeNamed(named: string, env: NodeJS.ProcessEnv): Python {
  // The worker runs in the workspace folder, to which a relative path would then belong.
  const path = existsSync(named) && !statSync(named).isDirectory() ? resolve(named) : findProgram(named, env);
  if (path !== null) return describe(path);
  throw new CommandError(`There is no Python at ${named}.`, {
    code: 'python_not_found',
    exitCode: exitCodes.usage,
    nextStep: 'Give the path of an interpreter, such as .venv/bin/python.',
  });
}

function describe(path: string): Python {
  const environment = dirname(dirname(path));
  const library = findLibrary(environment);
  const installed = library === null ? [] : listInstalled(library.folder);
  const dlt = installed.find((name) => /^dlt-[\d.a-z]+\.dist-info$/.test(name));
  return {
    path,
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
