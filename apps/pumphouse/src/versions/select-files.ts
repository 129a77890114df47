import { existsSync, readlinkSync, realpathSync, type Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { parseIgnorePatterns, type IgnorePatterns } from './ignore-patterns.ts';

/** A file or link of the workspace that belongs to a version. */
export interface SelectedFile {
  /** Relative to the root of the archive, with slashes. */
  path: string;
  absolutePath: string;
  /** The target of a link, which is stored as a link; null for a file. */
  linkTarget: string | null;
  sizeBytes: number;
  /** Permission bits. */
  mode: number;
  modifiedAtSeconds: number;
}

/** The files of a version, and what was left out on purpose. */
export interface Selection {
  files: SelectedFile[];
  /** Sentences for the user. */
  warnings: string[];
}

const settingsFolder = '.dlt';

/** Applies where the workspace has no `.gitignore`, as in dlt 1.31. */
const defaultIgnores = [
  '__pycache__/',
  '*.py[cod]',
  '.venv/',
  'venv/',
  'dist/',
  'build/',
  '*.egg-info/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.pytest_cache/',
  '.coverage',
  'htmlcov/',
  '*.so',
  '.DS_Store',
  '.env',
];

/**
 * Selects the code of a workspace, as dlt's client does: everything except what the root's `.gitignore`
 * excludes, and except `.dlt`, of which only the index of agent toolkits is code. The files of a folder come
 * before its subfolders, each by name.
 */
export async function selectCode(root: string): Promise<Selection> {
  const patterns = parseIgnorePatterns([
    `${settingsFolder}/`,
    `!${settingsFolder}/.toolkits`,
    ...(await readIgnoreFile(root)),
  ]);
  const selection: Selection = { files: [], warnings: [] };
  await walk(root, '', patterns, selection);
  return selection;
}

async function readIgnoreFile(root: string): Promise<string[]> {
  try {
    return (await readFile(join(root, '.gitignore'), 'utf8')).split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
  } catch {
    return defaultIgnores;
  }
}

async function walk(
  root: string,
  folder: string,
  patterns: IgnorePatterns,
  selection: Selection,
): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const sorted = entries.toSorted((left, right) => compareNames(left.name, right.name));
  const pathOf = ({ name }: Dirent) => (folder === '' ? name : `${folder}/${name}`);
  for (const entry of sorted) {
    const path = pathOf(entry);
    if ((entry.isFile() || entry.isSymbolicLink()) && !patterns.excludes(path))
      await addFile(root, path, join(root, path), selection);
  }
  for (const entry of sorted) {
    if (entry.isDirectory() && mayContainSelected(patterns, pathOf(entry)))
      await walk(root, pathOf(entry), patterns, selection);
  }
}

/** An excluded folder is entered if a negated pattern may bring a file in it back. */
function mayContainSelected(patterns: IgnorePatterns, folder: string): boolean {
  return (
    !patterns.excludes(`${folder}/`) || patterns.negations.some((pattern) => mayMatchInside(pattern, folder))
  );
}

function mayMatchInside(pattern: string, folder: string): boolean {
  const segments = pattern.replace(/^\/+|\/+$/g, '').split('/');
  if (!pattern.startsWith('/') && segments.length === 1) return true;
  for (const [depth, name] of folder.split('/').entries()) {
    const segment = segments[depth];
    if (segment === undefined || segment === '**') return true;
    if (!parseIgnorePatterns([`/${segment}`]).excludes(name)) return false;
  }
  return true;
}

/** Adds a file, or a link whose target exists within the root. */
async function addFile(
  root: string,
  path: string,
  absolutePath: string,
  selection: Selection,
): Promise<void> {
  if (!existsSync(absolutePath)) {
    if (path.includes('\uFFFD'))
      selection.warnings.push(`${path} is left out: its name is not UTF-8. Rename it.`);
    return;
  }
  const linkTarget = readLink(absolutePath);
  if (linkTarget !== null && !isInside(root, absolutePath)) {
    selection.warnings.push(`The link ${path} is left out: ${linkTarget} is not in the workspace folder.`);
    return;
  }
  const { size, mode, mtimeMs } = await stat(absolutePath);
  selection.files.push({
    path,
    absolutePath,
    linkTarget,
    sizeBytes: linkTarget === null ? size : 0,
    mode: mode & 0o7777,
    modifiedAtSeconds: Math.floor(mtimeMs / 1000),
  });
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function isInside(root: string, path: string): boolean {
  const resolvedRoot = realpathSync(root);
  const resolved = realpathSync(path);
  return resolved === resolvedRoot || resolved.startsWith(resolvedRoot + sep);
}

/** Profiles that stay on the user's machine. */
const localProfiles = ['dev.', 'tests.'];

/**
 * Selects the configuration: the files of `.dlt` whose names end with `config.toml` or `secrets.toml`, except
 * those of local profiles. `secrets.<profile>.toml`, a name that dlt never reads, becomes `<profile>.secrets.toml`.
 */
export async function selectConfiguration(root: string): Promise<Selection> {
  const folder = join(root, settingsFolder);
  const selection: Selection = { files: [], warnings: [] };
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries.toSorted((left, right) => compareNames(left.name, right.name))) {
    const name = chooseConfigurationName(entry.name, names, selection.warnings);
    if (name === null || localProfiles.some((prefix) => name.startsWith(prefix))) continue;
    const path = join(folder, entry.name);
    if ((await stat(path).catch(() => null))?.isFile()) await addFile(root, name, path, selection);
  }
  return selection;
}

/** The name of a file in the configuration; null if it does not belong to it. */
function chooseConfigurationName(
  name: string,
  names: ReadonlySet<string>,
  warnings: string[],
): string | null {
  if (name.endsWith('config.toml') || name.endsWith('secrets.toml')) return name;
  const [, kind, profile] = /^(config|secrets)\.(\w+)\.toml$/.exec(name) ?? [];
  if (kind === undefined) return null;
  const readName = `${profile}.${kind}.toml`;
  if (names.has(readName)) {
    warnings.push(`.dlt/${name} is left out: dlt reads only .dlt/${readName}, which exists too.`);
    return null;
  }
  if (!localProfiles.includes(`${profile}.`))
    warnings.push(
      `.dlt/${name} is uploaded as ${readName}, because dlt does not read files with the other name.`,
    );
  return readName;
}

/** Compares by code point, as Python does. */
export function compareNames(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
