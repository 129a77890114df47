import { isPlainObject } from '../primitives/plain-object.ts';

/** The requirements manifest that comes with a deployment, engine version 2. Unknown keys are kept. */
export interface RequirementsManifest {
  engine_version: number;
  /** Major and minor of the client's interpreter, such as "3.12". */
  python_version: string;
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
  'invalid_manifest' | 'missing_group' | 'local_requirement' | 'unsupported_line';

/** Requirements that no environment can be built from; `message` is for the run's log. */
export class RequirementsError extends Error {
  override readonly name = 'RequirementsError';
  readonly problem: RequirementsProblem;

  constructor(problem: RequirementsProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** What to install for a job. */
export interface InstallSet {
  pythonVersion: string;
  /** PEP 508 lines, sorted, each once. */
  requirements: string[];
  /** Lines and parts that were left out, for the log. */
  leftOut: string[];
}

const MANIFEST_ENGINE_VERSION = 2;
/** What engine version 1 leaves open, by the rule of dlt 1.31. */
const OLDEST_DLT_VERSION: DltVersion = { name: 'dlt', extras: [], version: '1.28.0', mode: 'pypi' };
const DEFAULT_GROUPS = ['main'];
/** Proprietary, and accepted by downloading it: the runtime does without. */
const PROPRIETARY_NAME = 'dlthub';
/** The extra of dlt that pulls it in. */
const PROPRIETARY_EXTRA = 'hub';
/** Launchers ask for these to reach S3; a job that needs them names them itself. */
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
/** Extras of dlt whose destination keeps its data in local files. */
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
  if (engine !== 1 && engine !== MANIFEST_ENGINE_VERSION) throw invalid('engine_version must be 1 or 2');
  if (typeof python !== 'string' || !/^3\.\d{1,2}$/.test(python)) {
    throw invalid("python_version must be major.minor, such as '3.12'");
  }
  return {
    ...input,
    engine_version: MANIFEST_ENGINE_VERSION,
    python_version: python,
    default_groups: readLines(input['default_groups'] ?? DEFAULT_GROUPS, 'default_groups'),
    groups: readGroups(input['groups'], 'groups'),
    launcher_requirements: readGroups(input['launcher_requirements'], 'launcher_requirements'),
    dlt_version: dlt === undefined ? OLDEST_DLT_VERSION : readDltVersion(dlt),
  };
}

/**
 * The install set of a job: the default groups, its own groups and the needs of its launcher. `dlthub` never, `s3fs`
 * and `botocore` not for the launcher's sake; dlt in the client's version where nothing names it.
 * @throws {RequirementsError} on a group that is missing and on lines that mean the client's own disk
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
  return {
    pythonVersion: manifest.python_version,
    requirements: [...lines].sort(),
    leftOut: [...new Set(leftOut)].sort(),
  };
}

/**
 * Whether an install set holds a database that keeps its data in local files. Runs of such a job share the
 * workspace's local data.
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
 * The text that names an environment; hash it. Equal for install sets that one environment serves.
 * @param packageSettings what decides where packages come from, in the order of names
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
    // Left out where there are none: environments that were built before there were settings stay good.
    ...(packageSettings.length === 0 ? [] : [packageSettings]),
  ]);
}

/** The normalized name of a requirement line (PEP 503), empty when it has none. */
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

function checkLine(line: string): void {
  const target = /^[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*@\s*(\S+)/.exec(line)?.[1];
  if (isLocalPath(target ?? line) || (target !== undefined && !hasScheme(target))) {
    throw new RequirementsError(
      'local_requirement',
      `requirement '${line}' points to a file of the machine it was deployed from; publish the package or use a URL`,
    );
  }
  if (line.startsWith('-')) {
    throw new RequirementsError(
      'unsupported_line',
      `requirement '${line}' is an option of the installer; set an index as the variable UV_DEFAULT_INDEX instead`,
    );
  }
  if (readName(line) === '') {
    throw new RequirementsError('unsupported_line', `requirement '${line}' is not understood`);
  }
}

/** Whether a line, or what follows its `@`, names a file or folder: by URL, by path, or as an archive. */
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

function normalizeName(name: string): string {
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
