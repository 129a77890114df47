/** Finds an installed Python of an exact minor version. */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
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
}

/**
 * Finds an installed interpreter of a minor version ("3.11"). Downloads nothing.
 * @throws EnvironmentBuildError python_not_found, listing the available versions
 */
export async function findPythonInterpreter(
  search: InterpreterSearch,
  version: string,
): Promise<PythonInterpreter> {
  const found = await runUv(search, ['python', 'find', '--system', version]);
  const path = found.stdout.at(-1);
  if (found.code !== 0 || path === undefined)
    throw await describeMissingInterpreter(search, version, found.stderr);
  const interpreter = await describeInterpreter(path);
  if (!interpreter.version.startsWith(`${version}.`)) {
    throw await describeMissingInterpreter(search, version, [`${path} is Python ${interpreter.version}.`]);
  }
  return interpreter;
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
  details: string[],
): Promise<EnvironmentBuildError> {
  const names = await listInstalledPythons(search);
  const installed = names.length === 0 ? 'no Python' : `Python ${names.join(', ')}`;
  return new EnvironmentBuildError(
    'python_not_found',
    `Python ${version} is not installed on the machine of the server (installed: ${installed}). ` +
      `The operator can install it there: uv python install ${version}.`,
    { cause: details.join('\n') },
  );
}

/** Lists the full versions of the interpreters that uv finds on this machine; empty if uv does not answer. */
export async function listInstalledPythons(
  search: InterpreterSearch,
  signal?: AbortSignal,
): Promise<string[]> {
  const listed = await runUv(
    search,
    ['python', 'list', '--only-installed', '--output-format', 'json'],
    signal,
  );
  const versions = z.array(z.object({ version: z.string() })).safeParse(parseJsonLines(listed.stdout)).data;
  return [...new Set(versions?.map((entry) => entry.version))];
}

function parseJsonLines(lines: string[]): unknown {
  try {
    return JSON.parse(lines.join('\n'));
  } catch {
    return null;
  }
}

function runUv(
  search: InterpreterSearch,
  uvArguments: string[],
  signal?: AbortSignal,
): ReturnType<typeof runCommand> {
  const variables = {
    PATH: [...splitSearchPath(search.searchPath), ...listPyenvFolders()].join(delimiter),
    HOME: homedir(),
    NO_COLOR: '1',
    UV_NO_CONFIG: '1',
    UV_NO_CACHE: '1',
    UV_PYTHON_DOWNLOADS: 'never',
  };
  return runCommand([search.uvPath, ...uvArguments], { variables, signal });
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
