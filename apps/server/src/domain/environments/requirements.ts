import type { JobDefinition } from '../jobs/job-definition.ts';
import { refersToOtherFile } from '@pumphouse/contract';
import { isPlainObject } from '../primitives/plain-object.ts';
import { manifestLauncher } from '../jobs/manifest-build.ts';
import { raiseDlt } from './raise-dlt.ts';

/** The requirements manifest of a deployment, engine version 2. Unknown keys are kept. */
export interface RequirementsManifest {
  engine_version: number;
  /** Major and minor version of the client's interpreter, such as "3.12". */
  python_version: string;
  /** `requires-python` of code that names no version: it gets the newest installed one of these instead. */
  requires_python?: string | undefined;
  default_groups: string[];
  /** PEP 508 lines by group. */
  groups: Record<string, string[]>;
  /** PEP 508 lines by launcher module. */
  launcher_requirements: Record<string, string[]>;
  dlt_version: DltVersion;
  [key: string]: unknown;
}

export interface DltVersion {
  name: string;
  extras: string[];
  version: string;
  mode: string;
  git_url?: string;
  git_rev?: string;
  archive_url?: string;
  [key: string]: unknown;
}

export type RequirementsProblem =
  'invalid_manifest' | 'invalid_package_sources' | 'missing_group' | 'local_requirement' | 'unsupported_line';

/** Requirements that cannot be built; `message` goes into the run's log. */
export class RequirementsError extends Error {
  override readonly name = 'RequirementsError';
  readonly problem: RequirementsProblem;

  constructor(problem: RequirementsProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** The packages to install for a job. */
export interface InstallSet {
  pythonVersion: string;
  /** Set: the newest installed version that it allows is used instead. */
  requiresPython: string | undefined;
  /** PEP 508 lines, sorted, without duplicates. */
  requirements: string[];
  /** The dependency groups that they come from. */
  groups: string[];
  /** Lines and parts that were left out, for the log. */
  leftOut: string[];
  /** Lines whose dlt is too old to start jobs, with what is installed instead, for the log. */
  raised: { line: string; raisedTo: string }[];
}

const MANIFEST_ENGINE_VERSION = 2;
/** Defaults for keys that engine version 1 lacks, by the rule of dlt 1.31. */
const OLDEST_DLT_VERSION: DltVersion = { name: 'dlt', extras: [], version: '1.28.0', mode: 'pypi' };
const DEFAULT_GROUPS = ['main'];
/** Proprietary, and downloading it accepts its license, so it is never installed. */
const PROPRIETARY_NAME = 'dlthub';
/** The extra of dlt that requires it. */
const PROPRIETARY_EXTRA = 'hub';
/** Launchers require these for S3; a job that needs them must declare them itself. */
const LAUNCHER_ONLY_NAMES = new Set(['s3fs', 'botocore']);
const EMBEDDED_DATABASES = new Set([
  'duckdb',
  'duckdb-engine',
  'dbt-duckdb',
  'lancedb',
  'chromadb',
  'kuzu',
  'chdb',
]);
/** Those of them that fail when two processes open their files, and whose files have no lock of ours. */
const UNLOCKED_DATABASES = new Set(['chromadb', 'kuzu', 'chdb']);
/** Extras of dlt whose destinations store data in local files. */
const EMBEDDED_EXTRAS = new Set([
  'duckdb',
  'ducklake',
  'lance',
  'lancedb',
  'motherduck',
  'sqlalchemy',
  'workspace',
]);

/**
 * Reads a requirements manifest, migrated to engine version 2.
 * @throws {RequirementsError} `invalid_manifest`
 */
export function readRequirementsManifest(input: unknown): RequirementsManifest {
  if (!isPlainObject(input)) throw invalid('it must be an object');
  const { engine_version: engine, python_version: python, dlt_version: dlt } = input;
  const { requires_python: requires } = input;
  if (engine !== 1 && engine !== MANIFEST_ENGINE_VERSION) throw invalid('engine_version must be 1 or 2');
  if (typeof python !== 'string' || !/^3\.\d{1,2}$/.test(python)) {
    throw invalid("python_version must be major.minor, such as '3.12'");
  }
  return {
    ...input,
    engine_version: MANIFEST_ENGINE_VERSION,
    python_version: python,
    requires_python: typeof requires === 'string' ? requires : undefined,
    default_groups: readLines(input['default_groups'] ?? DEFAULT_GROUPS, 'default_groups'),
    groups: readGroups(input['groups'], 'groups'),
    launcher_requirements: readGroups(input['launcher_requirements'], 'launcher_requirements'),
    dlt_version: dlt === undefined ? OLDEST_DLT_VERSION : readDltVersion(dlt),
  };
}

/**
 * Builds the install set of a job: the default groups, its own groups and the requirements of its launcher.
 * `dlthub` is always removed, and `s3fs` and `botocore` are if only the launcher requires them. dlt is added
 * in the client's version if no line names it, and raised if it is too old to start jobs.
 * @throws {RequirementsError} on a missing group and on lines that refer to the client's disk
 */
export function buildInstallSet(
  manifest: RequirementsManifest,
  dependencyGroups: readonly string[],
  launcher: string,
): InstallSet {
  const groupNames = [...new Set([...manifest.default_groups, ...dependencyGroups])];
  const groupLines = groupNames.flatMap((group) => getGroup(manifest, group));
  const launcherLines = manifest.launcher_requirements[launcher] ?? [];
  const leftOut: string[] = [];
  const lines = new Set<string>();
  for (const line of groupLines) addLine(line, lines, leftOut);
  for (const line of launcherLines) {
    if (LAUNCHER_ONLY_NAMES.has(readName(line))) leftOut.push(line);
    else addLine(line, lines, leftOut);
  }
  if (![...lines].some((line) => readName(line) === 'dlt')) {
    addLine(formatDltRequirement(manifest.dlt_version), lines, leftOut);
  }
  const raised = [...lines]
    .map((line) => ({ line, raisedTo: raiseDlt(line) }))
    .filter(({ line, raisedTo }) => line !== raisedTo);
  return {
    pythonVersion: manifest.python_version,
    requiresPython: manifest.requires_python,
    requirements: [...new Set([...lines].map(raiseDlt))].sort(),
    groups: groupNames,
    leftOut: [...new Set(leftOut)].sort(),
    raised,
  };
}

/** Whose requirements a manifest build gets, so that it shares the environment of most jobs. */
const JOB_LAUNCHER = 'dlt._workspace.deployment.launchers.job';
/** Groups that dlt adds to each manifest, and the tools of developers, which no job imports. */
const isGroupOfTools = (name: string) =>
  name === 'jobs.workspace.dashboard' || name.startsWith('agent-loop-') || name === 'dev';

/**
 * Builds the install set for a run of a job. The build of a manifest imports the code of all jobs, so it gets
 * every dependency group that jobs may name.
 * @throws {RequirementsError}
 */
export function chooseInstallSet(
  manifest: RequirementsManifest,
  { entry_point: { launcher }, require: required }: Pick<JobDefinition, 'entry_point' | 'require'>,
): InstallSet {
  if (launcher !== manifestLauncher)
    return buildInstallSet(manifest, required?.dependency_groups ?? [], launcher);
  const groups = Object.keys(manifest.groups).filter((name) => !isGroupOfTools(name));
  return buildInstallSet(manifest, groups, JOB_LAUNCHER);
}

/**
 * Reports whether an install set contains a database that stores data in local files. Runs of such a job
 * share the workspace's local data.
 */
export function includesEmbeddedDatabase(requirements: readonly string[]): boolean {
  return requirements.some((line) => {
    const name = readName(line);
    const extras = readExtras(line);
    if (EMBEDDED_DATABASES.has(name) || extras.some((extra) => EMBEDDED_DATABASES.has(extra))) return true;
    return name === 'dlt' && extras.some((extra) => EMBEDDED_EXTRAS.has(extra));
  });
}

/**
 * Reports whether a manifest requires a database that only one run at a time can use: runs cannot wait for
 * each other's files.
 */
export function includesUnlockedDatabase(requirements: unknown): boolean {
  const manifest = readRequirementsManifest(requirements);
  return Object.values(manifest.groups)
    .flat()
    .some((line) => UNLOCKED_DATABASES.has(readName(line)));
}

/**
 * Builds the text that identifies an environment, to be hashed. It is equal for install sets that share an
 * environment.
 * @param packageSettings the settings that decide where packages come from, sorted by name
 */
export function describeEnvironment(
  workspaceId: string,
  installSet: Pick<InstallSet, 'pythonVersion' | 'requirements'>,
  platform: string,
  packageSettings: readonly (readonly [name: string, value: string])[] = [],
): string {
  return JSON.stringify([
    workspaceId,
    platform,
    installSet.pythonVersion,
    [...installSet.requirements].sort(),
    // Omitted if empty, so that environments built before these settings existed stay valid.
    ...(packageSettings.length === 0 ? [] : [packageSettings]),
  ]);
}

/** Returns the normalized name in a requirement line (PEP 503); empty if it has none. */
export function readName(line: string): string {
  const name = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/.exec(line)?.[1] ?? '';
  return normalizeName(name);
}

function addLine(line: string, lines: Set<string>, leftOut: string[]): void {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return;
  checkLine(text);
  const name = readName(text);
  if (name === PROPRIETARY_NAME) {
    leftOut.push(text);
    return;
  }
  const kept = name === 'dlt' ? dropExtra(text, PROPRIETARY_EXTRA) : text;
  if (kept !== text) leftOut.push(`extra '${PROPRIETARY_EXTRA}' of ${text}`);
  lines.add(kept);
}

/** Reports whether a line says where its package is, so that no index is asked for it. */
export function hasUrl(line: string): boolean {
  return readTarget(line) !== undefined || hasScheme(line);
}

/** The part of a line after its `@`. */
function readTarget(line: string): string | undefined {
  return /^[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*@\s*(\S+)/.exec(line)?.[1];
}

function checkLine(line: string): void {
  const target = readTarget(line);
  if (isLocalPath(target ?? line) || (target !== undefined && !hasScheme(target))) {
    throw new RequirementsError(
      'local_requirement',
      `requirement '${line}' points to a file of the machine it was deployed from; publish the package or use a URL`,
    );
  }
  if (refersToOtherFile(line)) {
    throw new RequirementsError(
      'unsupported_line',
      `requirement '${line}' refers to another file; put the lines of that file into the file itself or into pyproject.toml`,
    );
  }
  if (line.startsWith('-')) {
    throw new RequirementsError(
      'unsupported_line',
      `requirement '${hideCredentials(line)}' is an option of the installer; declare an index in pyproject.toml or set the variable UV_DEFAULT_INDEX instead`,
    );
  }
  if (readName(line) === '') {
    throw new RequirementsError('unsupported_line', `requirement '${line}' is not understood`);
  }
}

/** An option for an index may have credentials in its URL. */
function hideCredentials(line: string): string {
  return line.replaceAll(/:\/\/[^/\s]*@/g, '://***@');
}

/**
 * Reports whether a line, or the part after its `@`, refers to a file or folder: by URL, by path, or as an
 * archive.
 */
function isLocalPath(text: string): boolean {
  if (/^(?:git\+)?file:/i.test(text)) return true;
  if (/^(?:\.{0,2}[/\\]|~|[A-Za-z]:[\\/]|\.{1,2}$)/.test(text)) return true;
  return !hasScheme(text) && /^[^\s;[\]=<>@]*\.(?:whl|tar\.gz|zip)(?:\s|$)/i.test(text);
}

function hasScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function getGroup(manifest: RequirementsManifest, group: string): string[] {
  const lines = Object.hasOwn(manifest.groups, group) ? manifest.groups[group] : undefined;
  if (lines !== undefined) return lines;
  const known = Object.keys(manifest.groups).sort().join(', ');
  throw new RequirementsError(
    'missing_group',
    `dependency group '${group}' is not in the deployed requirements (groups there: ${known === '' ? 'none' : known})`,
  );
}

function formatDltRequirement(dlt: DltVersion): string {
  const extras = dlt.extras.length === 0 ? '' : `[${dlt.extras.join(',')}]`;
  if (dlt.mode === 'git' && dlt.git_url !== undefined) {
    const revision = dlt.git_rev === undefined ? '' : `@${dlt.git_rev}`;
    return `dlt${extras} @ git+${dlt.git_url.replace(/^git\+/, '')}${revision}`;
  }
  if (dlt.mode === 'archive' && dlt.archive_url !== undefined) return `dlt${extras} @ ${dlt.archive_url}`;
  return `dlt${extras}==${dlt.version}`;
}

function dropExtra(line: string, extra: string): string {
  const kept = readExtras(line).filter((name) => name !== extra);
  if (kept.length === readExtras(line).length) return line;
  return line.replace(/\[[^\]]*\]/, kept.length === 0 ? '' : `[${kept.join(',')}]`);
}

function readExtras(line: string): string[] {
  const list = /^\s*[A-Za-z0-9._-]+\s*\[([^\]]*)\]/.exec(line)?.[1] ?? '';
  return list
    .split(',')
    .map((extra) => normalizeName(extra.trim()))
    .filter((extra) => extra !== '');
}

/** Returns the normalized name of a package (PEP 503). */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function readGroups(input: unknown, key: string): Record<string, string[]> {
  if (input === undefined) return {};
  if (!isPlainObject(input)) throw invalid(`${key} must be an object`);
  return Object.fromEntries(
    Object.entries(input).map(([name, lines]) => [name, readLines(lines, `${key}.${name}`)]),
  );
}

function readLines(input: unknown, key: string): string[] {
  if (!Array.isArray(input) || !input.every((line) => typeof line === 'string')) {
    throw invalid(`${key} must be a list of texts`);
  }
  return input;
}

function readDltVersion(input: unknown): DltVersion {
  if (!isPlainObject(input)) throw invalid('dlt_version must be an object');
  const { name, extras = [], version, mode = 'pypi' } = input;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof mode !== 'string') {
    throw invalid('dlt_version needs name, version and mode as texts');
  }
  return { ...input, name, extras: readLines(extras, 'dlt_version.extras'), version, mode };
}

function invalid(reason: string): RequirementsError {
  return new RequirementsError('invalid_manifest', `the requirements manifest is not valid: ${reason}`);
}
