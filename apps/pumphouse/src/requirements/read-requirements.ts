import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  allowsPython,
  asObject,
  chooseRequestedPython,
  expandGroups,
  findUnresolvable,
  listAt,
  objectAt,
  supportedPythons,
  type JsonObject,
  type RequestedPython,
} from '@pumphouse/contract';
import { readTomlFile } from '../servers/toml-file.ts';
import type { Python } from '../manifest/find-python.ts';
import { explainRequirements, parseExport, parseRequirements } from './requirement-lines.ts';
import { findUv, isWithoutIndex, runUv } from './uv.ts';

/** The requirements of a workspace, as the upload of code carries them (engine 2 of dlt 1.31). */
export interface Requirements extends RequestedPython {
  engine_version: 2;
  /** So that the server's advice about them names commands of this client. */
  client: 'pumphouse';
  dlt_version: { name: 'dlt'; extras: string[]; version: string; mode: 'pypi' };
  default_groups: string[];
  groups: Record<string, string[]>;
  launcher_requirements: Record<string, string[]>;
}

/** Requirements, and sentences for the user. */
export interface ReadRequirements {
  requirements: Requirements;
  warnings: string[];
}

const launchers = 'dlt._workspace.deployment.launchers';
/** What each launcher needs, as in dlt 1.31, without the proprietary `dlthub`. */
const launcherPackages: Record<string, readonly string[]> = {
  agent: ['botocore', 's3fs'],
  dashboard: [],
  job: ['botocore', 's3fs'],
  marimo: ['marimo', 'uvicorn'],
  mcp: ['fastmcp', 'uvicorn'],
  module: ['botocore', 's3fs'],
  streamlit: ['streamlit'],
};
/** Groups that dlt adds to every workspace. */
const addedGroups: Record<string, readonly string[]> = {
  'agent-loop-claude-agent-sdk': ['claude-agent-sdk'],
  'agent-loop-pydantic-ai': ['pydantic-ai-slim[anthropic,openai,google,mcp,spec]'],
  'jobs.workspace.dashboard': ['ibis-framework', 'marimo', 'pyarrow', 's3fs'],
};
const impliedPackages: Record<string, string> = { s3fs: 'botocore', marimo: 'uvicorn', fastmcp: 'uvicorn' };

/** The first release with launchers that the server supports; without a known one the newest is installed. */
const minDltVersion = '1.28.0';

/**
 * Reads what a workspace needs: `uv.lock`, else `pyproject.toml`, `requirements.txt` or `requirements.in`. With uv
 * the versions are pinned, as dlt's client does; without it they stay as they are written.
 * @throws CommandError invalid_requirements
 */
export async function readRequirements(
  root: string,
  { python, env }: { python: Python | null; env: NodeJS.ProcessEnv },
): Promise<ReadRequirements> {
  const warnings: string[] = [];
  const requested = await requestPython(root, python);
  const groups = await explainRequirements(() => readGroups(root, requested, env, warnings));
  const names = collectNames(groups['main'] ?? []);
  const dltLine = python?.dltVersion ? [`dlt==${python.dltVersion}`] : ['dlt'];
  const withDlt = names.has('dlt') ? [] : dltLine;
  const requirements: Requirements = {
    engine_version: 2,
    client: 'pumphouse',
    ...requested,
    dlt_version: { name: 'dlt', extras: [], version: python?.dltVersion ?? minDltVersion, mode: 'pypi' },
    default_groups: ['main'],
    groups: sortByKey({ ...mapValues(addedGroups, (lines) => prune(lines, names)), ...groups }),
    launcher_requirements: Object.fromEntries(
      Object.entries(launcherPackages).map(([launcher, lines]) => [
        `${launchers}.${launcher}`,
        [...prune(lines, names), ...withDlt].toSorted(),
      ]),
    ),
  };
  return { requirements, warnings };
}

async function readGroups(
  root: string,
  requested: RequestedPython,
  env: NodeJS.ProcessEnv,
  warnings: string[],
): Promise<Record<string, string[]>> {
  const uv = findUv(env);
  if (existsSync(join(root, 'pyproject.toml'))) {
    const pyproject = await readTomlFile(join(root, 'pyproject.toml'));
    if (!existsSync(join(root, 'uv.lock'))) return readDeclared(pyproject);
    if (uv !== null) return exportLock(root, pyproject, uv, env);
    warnings.push(
      'uv.lock has no effect, because uv is not installed here: the server chooses versions by pyproject.toml.',
    );
    return readDeclared(pyproject);
  }
  for (const name of ['requirements.txt', 'requirements.in']) {
    if (!existsSync(join(root, name))) continue;
    const text = await readFile(join(root, name), 'utf8');
    const readText = (path: string) => readFile(join(root, path), 'utf8').catch(() => undefined);
    const unresolvable = await findUnresolvable(name, readText);
    if (unresolvable) throw unresolvable;
    const compiled = uv === null ? null : await compile(root, name, { uv, env, requested });
    if (uv !== null && compiled === null) {
      warnings.push(
        `The versions in ${name} are not pinned, because uv cannot reach its package index: the server chooses them.`,
      );
    }
    return { main: compiled ?? parseRequirements(text, name) };
  }
  return { main: [] };
}

function readDeclared(pyproject: JsonObject): Record<string, string[]> {
  const dependencies = listAt(objectAt(pyproject, 'project'), 'dependencies');
  return { ...expandGroups(asObject(pyproject['dependency-groups'])), main: textsOf(dependencies) };
}

async function exportLock(
  root: string,
  pyproject: JsonObject,
  uv: string,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string[]>> {
  await runUv(uv, ['lock', '--check'], { cwd: root, env });
  const options = ['--no-hashes', '--no-emit-project', '--no-default-groups', '--no-header', '--no-annotate'];
  const exported = async (selected: readonly string[]) =>
    parseExport(await runUv(uv, ['export', ...options, ...selected], { cwd: root, env }));
  const groups: Record<string, string[]> = { main: await exported([]) };
  for (const name of Object.keys(asObject(pyproject['dependency-groups'])))
    groups[name] = await exported(['--only-group', name]);
  return groups;
}

/** Pins the versions; null if the index cannot be reached from here, as only the server may be allowed to. */
async function compile(
  root: string,
  name: string,
  { uv, env, requested }: { uv: string; env: NodeJS.ProcessEnv; requested: RequestedPython },
): Promise<string[] | null> {
  // Without it, uv resolves for the Python that it finds here.
  const oldest = requested.requires_python === undefined ? requested.python_version : supportedPythons.at(-1);
  const args = ['pip', 'compile', '--universal', '--no-header', '--no-annotate'];
  args.push('--python-version', oldest ?? requested.python_version, name);
  try {
    return parseExport(await runUv(uv, args, { cwd: root, env }));
  } catch (error) {
    if (isWithoutIndex(error)) return null;
    throw error;
  }
}

/**
 * Chooses the Python of the runs: `--python`, `.python-version`, that of the environment if `requires-python` allows it,
 * any that `requires-python` allows, and only then whatever `python3` is here.
 */
async function requestPython(root: string, python: Python | null): Promise<RequestedPython> {
  const path = join(root, 'pyproject.toml');
  const pyproject = existsSync(path) ? await readTomlFile(path) : {};
  const text = await readFile(join(root, '.python-version'), 'utf8').catch(() => '');
  const declared = chooseRequestedPython(pyproject, text);
  const { version, origin } = python ?? {};
  if (version === undefined) return declared;
  if (origin === 'option') return { python_version: version };
  if (declared.requires_python === undefined) return declared;
  const isDeclared = objectAt(pyproject, 'project')['requires-python'] !== undefined;
  const isWanted = origin === 'environment' && allowsPython(declared.requires_python, version);
  return !isDeclared || isWanted ? { python_version: version } : declared;
}

function textsOf(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string').toSorted();
}

/** The normalized names of packages (PEP 503), and those that they always bring along. */
function collectNames(lines: readonly string[]): Set<string> {
  const names = new Set(lines.map(nameOf));
  for (const [name, implied] of Object.entries(impliedPackages)) if (names.has(name)) names.add(implied);
  return names;
}

function prune(lines: readonly string[], names: ReadonlySet<string>): string[] {
  return lines.filter((line) => !names.has(nameOf(line)));
}

function nameOf(line: string): string {
  return (/^[\w.-]+/.exec(line.trim())?.[0] ?? '').toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function sortByKey(record: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function mapValues(
  record: Record<string, readonly string[]>,
  change: (lines: readonly string[]) => string[],
): Record<string, string[]> {
  return Object.fromEntries(Object.entries(record).map(([key, lines]) => [key, change(lines)]));
}
