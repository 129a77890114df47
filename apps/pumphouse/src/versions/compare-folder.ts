import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { ManifestFileResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import type { ChangedFile, ChangeCounts } from './changed-files.ts';
import { compareTexts } from './compare-texts.ts';
import type { Version, VersionKind } from './find-version.ts';
import type { FileDifference } from './format-differences.ts';
import { hashFiles, type HashedFile } from './hash-files.ts';
import { openArchive, readArchive } from './open-archive.ts';
import { selectCode, selectConfiguration } from './select-files.ts';

/** The server compares no larger texts either. */
const maxTextBytes = 512 * 1024;

export interface FolderComparison {
  counts: ChangeCounts;
  files: ChangedFile[];
  local: ReadonlyMap<string, Pick<HashedFile, 'linkTarget' | 'absolutePath'>>;
}

/** Finds the files in which a folder differs from a version, by their hashes. */
export async function compareFolder(
  session: Session,
  kind: VersionKind,
  folder: string,
  version: Version,
): Promise<FolderComparison> {
  const [local, deployed] = await Promise.all([
    readFolder(kind, folder),
    readDeployedFiles(session, kind, version),
  ]);
  return compareFileLists(local, deployed);
}

/** The pure part of `compareFolder`. */
export function compareFileLists(
  local: readonly Pick<HashedFile, 'path' | 'hash' | 'linkTarget' | 'absolutePath'>[],
  deployed: readonly Pick<ManifestFileResponse, 'relative_path' | 'sha3_256' | 'linkname'>[],
): FolderComparison {
  const before = new Map(deployed.map((file) => [file.relative_path, file]));
  const after = new Map(local.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const compared = paths.map((path): ChangedFile => {
    const old = before.get(path);
    const current = after.get(path);
    if (!old) return { path, change: 'added' };
    if (!current) return { path, change: 'removed' };
    const isSame = old.sha3_256 === current.hash && (old.linkname ?? null) === current.linkTarget;
    return { path, change: isSame ? 'unchanged' : 'changed' };
  });
  const count = (kind: ChangedFile['change']) => compared.filter(({ change }) => change === kind).length;
  return {
    counts: {
      added: count('added'),
      removed: count('removed'),
      changed: count('changed'),
      unchanged: count('unchanged'),
    },
    files: compared.filter(({ change }) => change !== 'unchanged'),
    local: after,
  };
}

async function readFolder(kind: VersionKind, folder: string): Promise<HashedFile[]> {
  const { files } = await (kind === 'deployment' ? selectCode(folder) : selectConfiguration(folder));
  return (await hashFiles(files)).files;
}

async function readDeployedFiles(
  { client }: Session,
  kind: VersionKind,
  { workspace_id, id }: Version,
): Promise<ManifestFileResponse[]> {
  const { files } =
    kind === 'deployment'
      ? await client.call('get_deployment_files', { params: { workspace_id, deployment_id: id } })
      : await client.call('get_configuration_files', { params: { workspace_id, configuration_id: id } });
  return files;
}

/** Compares the texts of the changed code files; the deployed ones are read from the version's archive. */
export async function compareFolderTexts(
  session: Session,
  version: Version,
  { files, local }: FolderComparison,
): Promise<FileDifference[]> {
  const needed = new Set(files.filter(({ change }) => change !== 'added').map(({ path }) => path));
  const deployed = needed.size === 0 ? new Map() : await readDeployedTexts(session, version, needed);
  return Promise.all(
    files.map(async (file) => {
      const before = file.change === 'added' ? empty : (deployed.get(file.path) ?? empty);
      const after = file.change === 'removed' ? empty : await readLocal(local.get(file.path));
      const outcome = [before, after].find((side) => side.outcome !== 'compared')?.outcome ?? 'compared';
      const hunks = outcome === 'compared' ? compareTexts(before.text, after.text) : [];
      return { ...file, outcome, hunks };
    }),
  );
}

interface Side {
  outcome: 'compared' | 'binary' | 'too_large' | 'link';
  text: string;
}

const empty: Side = { outcome: 'compared', text: '' };

async function readLocal(file: Pick<HashedFile, 'linkTarget' | 'absolutePath'> | undefined): Promise<Side> {
  if (!file) return empty;
  if (file.linkTarget !== null) return { outcome: 'link', text: '' };
  return readSide(await readFile(file.absolutePath));
}

async function readDeployedTexts(
  session: Session,
  version: Version,
  needed: ReadonlySet<string>,
): Promise<Map<string, Side>> {
  const texts = new Map<string, Side>();
  const { content } = await openArchive(session, 'deployment', version);
  await readArchive(content, async ({ name, type, size }, entry) => {
    const path = name.replace(/^files\//, '');
    const isNeeded = name.startsWith('files/') && needed.has(path);
    if (isNeeded && type === 'symlink') texts.set(path, { outcome: 'link', text: '' });
    if (isNeeded && type === 'file' && size <= maxTextBytes) texts.set(path, readSide(await buffer(entry)));
    else await drain(entry);
    if (isNeeded && size > maxTextBytes) texts.set(path, { outcome: 'too_large', text: '' });
  });
  return texts;
}

async function drain(entry: Readable): Promise<void> {
  for await (const _ of entry);
}

/** Text is UTF-8 without a NUL byte, as on the server. */
export function readSide(content: Uint8Array): Side {
  if (content.byteLength > maxTextBytes) return { outcome: 'too_large', text: '' };
  if (content.includes(0)) return { outcome: 'binary', text: '' };
  try {
    return { outcome: 'compared', text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch {
    return { outcome: 'binary', text: '' };
  }
}
