import type { BlobStore } from '../../blobs/blob-store.ts';
import type { DeploymentRecord, PackageFile } from '../../store/records.ts';
import type { FileChange } from '../../domain/versions/compare-files.ts';
import type { Persistence } from '../../store/store.ts';
import type { TextHunk } from '../../domain/versions/compare-texts.ts';
import { LRUCache } from 'lru-cache';
import { compareFiles } from '../../domain/versions/compare-files.ts';
import { compareTexts } from '../../domain/versions/compare-texts.ts';
import { createKeyedQueue } from '../../blobs/keyed-queue.ts';
import { listImportedFiles } from '../../domain/versions/imported-files.ts';
import { readArchiveFiles } from '../../archives/read-archive-files.ts';

/** A changed file that the job imports. */
export interface JobFileChange {
  path: string;
  change: Exclude<FileChange['change'], 'unchanged'>;
  /** Null if its lines are not compared: it is not text, too large, or a link. */
  addedLineCount: number | null;
  removedLineCount: number | null;
}

export interface JobCodeComparison {
  /**
   * `archive_removed`: retention removed the files of one of the deployments, so it is not known which of the
   * changed ones the job imports.
   */
  outcome: 'compared' | 'archive_removed';
  /** Sorted by path. */
  files: JobFileChange[];
  /** Number of changed files that the job does not import. */
  otherChangedCount: number;
  /** There are more files than are compared. */
  isTruncated: boolean;
}

/** Two deployments, and the module of the job in each. */
export interface JobCodePair {
  workspaceId: string;
  base: { deploymentId: string; module: string };
  target: { deploymentId: string; module: string };
}

export type CompareJobCode = ReturnType<typeof createCompareJobCode>;

/** Code is written by hand; larger files and more of them would take seconds to read. */
const most = { fileBytes: 256 * 1024, totalBytes: 8 * 1024 * 1024, changedFiles: 50 };
const noChanges: JobCodeComparison = {
  outcome: 'compared',
  files: [],
  otherChangedCount: 0,
  isTruncated: false,
};

/**
 * Creates the use case that compares the files of two deployments that a job imports. Deployments never change,
 * so results are cached.
 */
export function createCompareJobCode({
  persistence: { store },
  blobs,
}: {
  persistence: Persistence<'deployments'>;
  blobs: BlobStore;
}) {
  const known = new LRUCache<string, JobCodeComparison>({ max: 500 });
  // Reading and parsing two archives may take a second of CPU time, so each workspace runs one at a time.
  const inTurn = createKeyedQueue();

  async function readDeployment(workspaceId: string, deploymentId: string) {
    const deployment = await store.deployments.get(workspaceId, deploymentId);
    if (!deployment) throw new Error(`Deployment ${deploymentId} does not exist`);
    return { deployment, files: (await store.deployments.files(workspaceId, deploymentId)) ?? [] };
  }

  async function readTexts(deployment: DeploymentRecord, paths: ReadonlySet<string>) {
    const contents = await readArchiveFiles(await blobs.openRead(deployment.archiveKey), paths);
    return new Map([...contents].map(([path, content]) => [path, content.toString()]));
  }

  async function compare({ workspaceId, base, target }: JobCodePair): Promise<JobCodeComparison> {
    const [before, after] = await Promise.all([
      readDeployment(workspaceId, base.deploymentId),
      readDeployment(workspaceId, target.deploymentId),
    ]);
    const changes = compareFiles(before.files, after.files).filter(({ change }) => change !== 'unchanged');
    if (changes.length === 0) return noChanges;
    if (before.deployment.archiveRemovedAt !== null || after.deployment.archiveRemovedAt !== null)
      return { ...noChanges, outcome: 'archive_removed', otherChangedCount: changes.length };
    const changedPaths = new Set(changes.map(({ path }) => path));
    const sides = [
      { ...before, module: base.module },
      { ...after, module: target.module },
    ];
    const [old, fresh] = await Promise.all(
      sides.map(async ({ deployment, files, module }) => {
        const texts = await readTexts(deployment, chooseFiles(files, changedPaths));
        const paths = files.map(({ relative_path: path }) => path);
        return { texts, imported: await listImportedFiles({ module, paths, texts }) };
      }),
    );
    const imported = changes.filter(({ path }) => old?.imported.has(path) || fresh?.imported.has(path));
    const files: JobFileChange[] = [];
    for (const change of imported.slice(0, most.changedFiles))
      files.push(await countLines(change, old?.texts.get(change.path), fresh?.texts.get(change.path)));
    return {
      outcome: 'compared',
      files,
      otherChangedCount: changes.length - imported.length,
      isTruncated: imported.length > files.length,
    };
  }

  /** Compares the code of a job in two deployments of its workspace. */
  return async function compareJobCode(pair: JobCodePair): Promise<JobCodeComparison> {
    const { base, target } = pair;
    if (base.deploymentId === target.deploymentId) return noChanges;
    const key = JSON.stringify([base, target]);
    const cached = known.get(key);
    if (cached) return cached;
    const compared = await inTurn(pair.workspaceId, () => compare(pair));
    if (compared.outcome === 'compared') known.set(key, compared);
    return compared;
  };
}

/** Chooses the Python files, which may import others, and the changed files, up to a limit of bytes. */
function chooseFiles(files: readonly PackageFile[], changedPaths: ReadonlySet<string>): Set<string> {
  const chosen = new Set<string>();
  const isChanged = ({ relative_path: path }: PackageFile) => changedPaths.has(path);
  const inOrder = [...files].sort((one, other) => Number(isChanged(other)) - Number(isChanged(one)));
  let bytes = 0;
  for (const file of inOrder) {
    const { relative_path: path, size_bytes: sizeBytes, linkname } = file;
    if (linkname !== undefined || sizeBytes > most.fileBytes) continue;
    if (!path.endsWith('.py') && !isChanged(file)) continue;
    bytes += sizeBytes;
    if (bytes > most.totalBytes) break;
    chosen.add(path);
  }
  return chosen;
}

async function countLines(
  { path, change, before, after }: FileChange,
  old: string | undefined,
  fresh: string | undefined,
): Promise<JobFileChange> {
  if (change === 'unchanged') throw new Error(`${path} has not changed`);
  const isRead = (before === null || old !== undefined) && (after === null || fresh !== undefined);
  const [oldText, newText] = [old ?? '', fresh ?? ''];
  if (!isRead || isBinary(oldText) || isBinary(newText))
    return { path, change, addedLineCount: null, removedLineCount: null };
  const hunks = await compareTexts(oldText, newText);
  return {
    path,
    change,
    addedLineCount: countKind(hunks, 'added'),
    removedLineCount: countKind(hunks, 'removed'),
  };
}

/** Buffers decode bytes that are not UTF-8 to replacement characters. */
const isBinary = (text: string) => text.includes('\0') || text.includes('\uFFFD');

function countKind(hunks: readonly TextHunk[], kind: 'added' | 'removed'): number {
  return hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
}
