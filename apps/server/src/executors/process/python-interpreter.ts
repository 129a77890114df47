/** Finds a Python of an exact minor version, and installs it if that is allowed. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { EnvironmentBuildError, type EnvironmentLine } from '../contract/environment-builder.ts';
import { createPassageFolder } from './attempt-folder.ts';
import { explainUvFailure } from '../../domain/environments/uv-failure.ts';
import { runCommand } from './run-command.ts';
import { splitSearchPath } from './tool-lookup.ts';

const interpreterSchema = z.object({
  /** Path of the program with all links resolved. */
  executable: z.string(),
  /** Folder of the installation, with standard library and shared library. */
  prefix: z.string(),
  /** "3.11.7" */
  version: z.string(),
});
export type PythonInterpreter = z.infer<typeof interpreterSchema>;

const DESCRIBE = `
import json, os, sys
print(json.dumps({
    "executable": os.path.realpath(sys.executable),
    "prefix": os.path.realpath(sys.base_prefix),
    "version": ".".join(map(str, sys.version_info[:3])),
}))
`;

export interface InterpreterSearch {
  uvPath: string;
  /** Folders to search, in PATH format; versions installed by pyenv and uv are searched too. */
  searchPath: string;
  dataDir: string;
}

/** What uv needs to download a Python, such as a mirror and a proxy; null if it may not. */
export type PythonDownloads = Readonly<Record<string, string>> | null;

export interface InterpreterNeed {
  /** A minor version, such as "3.11". */
  version: string;
  downloads: PythonDownloads;
  onLine: (line: EnvironmentLine) => void;
  signal: AbortSignal | undefined;
}

const installTimeoutMs = 300_000;

/**
 * Finds an installed interpreter of a minor version; otherwise installs one in the data folder.
 * @throws EnvironmentBuildError python_not_found, listing the available versions
 */
export async function findPythonInterpreter(
  search: InterpreterSearch,
  need: InterpreterNeed,
): Promise<PythonInterpreter> {
  const { version, downloads, onLine } = need;
  const installed = await findInstalled(search, version);
  if (installed !== null) return installed;
  if (downloads === null)
    throw await describeMissingInterpreter(search, version, 'or set PUMPHOUSE_PYTHON_DOWNLOADS=on');
  const say = (text: string) => onLine({ stream: 'stdout', text });
  say(`Python ${version} is not installed on the machine of the server. Installing it ...`);
  const begun = performance.now();
  const failure = await installPython(search, need);
  const interpreter = await findInstalled(search, version);
  if (interpreter === null)
    throw await describeMissingInterpreter(search, version, `uv could not download it: ${failure}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(`Installed Python ${interpreter.version} in ${seconds} s`);
  return interpreter;
}

/** Finds an interpreter of the machine, otherwise one that was installed in the data folder. */
async function findInstalled(search: InterpreterSearch, version: string): Promise<PythonInterpreter | null> {
  for (const folder of listInstallFolders(search)) {
    const { code, stdout } = await runUv(search, ['python', 'find', '--system', version], { folder });
    const path = stdout.at(-1);
    if (code !== 0 || path === undefined) continue;
    const interpreter = await describeInterpreter(path);
    if (interpreter.version.startsWith(`${version}.`)) return interpreter;
  }
  return null;
}

/**
 * Installs a Python that uv has checked against a hash. uv unpacks it in another folder and renames it, and lets one
 * process at a time install.
 * @returns why there is none, if there is none
 */
async function installPython(
  search: InterpreterSearch,
  { version, downloads, signal }: InterpreterNeed,
): Promise<string> {
  const folder = locatePythons(search.dataDir);
  // Runs of other users read the interpreter.
  await createPassageFolder(folder);
  const timeout = AbortSignal.timeout(installTimeoutMs);
  const result = await runUv(search, ['python', 'install', version, '--no-bin'], {
    folder,
    // A server without the internet finds out soon.
    variables: { UV_HTTP_TIMEOUT: '15', UV_HTTP_RETRIES: '1', ...downloads, UV_PYTHON_DOWNLOADS: 'manual' },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    // The mirror may have a password, and the log is that of a run.
    mask: (text) => text.replaceAll(/\/\/[^@/\s]+@/g, '//***@'),
  });
  if (timeout.aborted) return `it took longer than ${installTimeoutMs / 1000} s`;
  return explainUvFailure(result.stderr);
}

const locatePythons = (dataDir: string): string => join(dataDir, 'pythons');

/** Where uv looks for interpreters that it has installed; undefined: those of the server's user. */
function listInstallFolders({ dataDir }: InterpreterSearch): (string | undefined)[] {
  const own = locatePythons(dataDir);
  return existsSync(own) ? [undefined, own] : [undefined];
}

/**
 * Queries an interpreter for its details.
 * @throws EnvironmentBuildError builder_failed, when it does not respond
 */
export async function describeInterpreter(path: string, signal?: AbortSignal): Promise<PythonInterpreter> {
  const result = await runCommand([path, '-I', '-S', '-c', DESCRIBE], {
    variables: { LANG: 'C.UTF-8' },
    signal,
  });
  if (result.code !== 0) {
    throw new EnvironmentBuildError(
      'builder_failed',
      `${path} cannot be run: ${result.stderr.at(-1) ?? 'no output'}`,
    );
  }
  return interpreterSchema.parse(JSON.parse(result.stdout.join('\n')));
}

async function describeMissingInterpreter(
  search: InterpreterSearch,
  version: string,
  detail: string,
): Promise<EnvironmentBuildError> {
  const names = await listInstalledPythons(search);
  const installed = names.length === 0 ? 'no Python' : `Python ${names.join(', ')}`;
  return new EnvironmentBuildError(
    'python_not_found',
    `Python ${version} is not installed on the machine of the server (installed: ${installed}). ` +
      `The operator can install it there: uv python install ${version}; ${detail}.`,
  );
}

/** Lists the full versions of the interpreters that uv finds on this machine; empty if uv does not answer. */
export async function listInstalledPythons(
  search: InterpreterSearch,
  signal?: AbortSignal,
): Promise<string[]> {
  const command = ['python', 'list', '--only-installed', '--output-format', 'json'];
  const lists = await Promise.all(
    listInstallFolders(search).map(async (folder) => {
      const { stdout } = await runUv(search, command, { folder, signal });
      return z.array(z.object({ version: z.string() })).safeParse(parseJsonLines(stdout)).data ?? [];
    }),
  );
  return [...new Set(lists.flat().map((entry) => entry.version))];
}

function parseJsonLines(lines: string[]): unknown {
  try {
    return JSON.parse(lines.join('\n'));
  } catch {
    return null;
  }
}

interface UvOptions {
  folder?: string | undefined;
  variables?: Record<string, string>;
  signal?: AbortSignal | undefined;
  mask?: (text: string) => string;
}

function runUv(
  search: InterpreterSearch,
  uvArguments: string[],
  { folder, variables: own = {}, ...options }: UvOptions,
): ReturnType<typeof runCommand> {
  const variables = {
    PATH: [...splitSearchPath(search.searchPath), ...listPyenvFolders()].join(delimiter),
    HOME: homedir(),
    NO_COLOR: '1',
    UV_NO_CONFIG: '1',
    UV_NO_CACHE: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    ...(folder !== undefined && { UV_PYTHON_INSTALL_DIR: folder }),
    ...own,
  };
  return runCommand([search.uvPath, ...uvArguments], { variables, ...options });
}

/** Program folders of pyenv's versions, newest first. */
function listPyenvFolders(): string[] {
  const versions = join(homedir(), '.pyenv', 'versions');
  try {
    return readdirSync(versions)
      .toSorted((a, b) => b.localeCompare(a, undefined, { numeric: true }))
      .map((name) => join(versions, name, 'bin'));
  } catch {
    return [];
  }
}
