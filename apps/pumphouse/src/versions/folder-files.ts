import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';

/** A file of the workspace folder that a deploy would upload. */
export interface FolderFile {
  /** Relative, with slashes. */
  path: string;
  absolutePath: string;
  /** The target of a link, which is uploaded as a link. */
  linkname: string | null;
  /** SHA3-256 of the content, or of the link's target, in base64: as manifests have it. */
  sha3_256: string;
}

/** What dlt leaves out of a deployment if the folder has no .gitignore. */
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

/** The only file of the settings folder that is code. */
const toolkits = '.dlt/.toolkits';

/** Profiles that exist only on developers' machines: their files are never deployed. */
const localPrefixes = ['dev.', 'tests.'];

/** Lists the code that a deploy would upload: all files but those of .gitignore and the settings in .dlt. */
export async function listCodeFiles(folder: string): Promise<FolderFile[]> {
  const patterns = (await readText(join(folder, '.gitignore'))) ?? defaultIgnores.join('\n');
  const ignored = ignore().add(patterns);
  const bringsBack = /^\s*!/m.test(patterns);
  const files: FolderFile[] = [];

  async function walk(relativeFolder: string): Promise<void> {
    const entries = await readdir(join(folder, relativeFolder), { withFileTypes: true });
    for (const entry of entries) {
      const path = relativeFolder === '' ? entry.name : `${relativeFolder}/${entry.name}`;
      if (path === '.dlt') continue;
      if (entry.isDirectory()) {
        if (bringsBack || !ignored.ignores(`${path}/`)) await walk(path);
      } else if (!ignored.ignores(path) && (await exists(join(folder, path)))) {
        files.push(await describeFile(folder, path));
      }
    }
  }

  await walk('');
  if (await exists(join(folder, toolkits))) files.push(await describeFile(folder, toolkits));
  return files;
}

/** Lists the configuration that a deploy would upload: config and secrets files directly in .dlt. */
export async function listConfigurationFiles(folder: string): Promise<FolderFile[]> {
  const settings = join(folder, '.dlt');
  const entries = await readdir(settings, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => /(?:config|secrets)\.toml$/.test(name))
    .filter((name) => !localPrefixes.some((prefix) => name.startsWith(prefix)));
  return Promise.all(names.map((name) => describeFile(settings, name)));
}

async function describeFile(folder: string, path: string): Promise<FolderFile> {
  const absolutePath = join(folder, path);
  const isLink = (await lstat(absolutePath)).isSymbolicLink();
  const linkname = isLink ? await readlink(absolutePath) : null;
  const sha3_256 = createHash('sha3-256')
    .update(linkname ?? (await readFile(absolutePath)))
    .digest('base64');
  return { path, absolutePath, linkname, sha3_256 };
}

/** False for a link to nothing, which is not deployed. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() || found.isDirectory(),
    () => false,
  );
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
