import type { CurrentLocalDataFile, LocalDataKey, NewLocalDataFile } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { isLocalDataPath, listFolders } from '../../domain/local-data/local-data-path.ts';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A file as a run left it. */
export interface ChangedFile {
  path: string;
  mode: number;
  sizeBytes: number;
  changedNs: string;
  linkTarget: string | null;
  /** The database that the file is, or belongs with; null for other files. */
  databasePath: string | null;
  /** What is not covered is zero. */
  parts: { offset: number; sizeBytes: number; sha256: string }[];
}

export interface LocalDataCommit {
  /** The version that the attempt has downloaded. */
  baseVersion: number;
  changed: ChangedFile[];
  removed: string[];
}

/** More are uploaded, and asked for again. */
const maxMissing = 10_000;

/**
 * Makes changes the next version, or throws. A file that another run has changed too gets the content of the
 * later commit, except a database, whose parts belong together. A repeated commit changes nothing.
 * @throws ServiceError local_data_parts_missing, local_data_conflict, local_data_too_large, invalid_request
 */
export async function commitLocalData(
  localData: Store['localData'],
  key: LocalDataKey,
  { baseVersion, changed, removed }: LocalDataCommit,
): Promise<{ version: number }> {
  checkChanges(changed, removed);
  await localData.ensureManifest(key);
  const before = await localData.lockManifest(key);
  const paths = [...changed.map(({ path }) => path), ...removed];
  const databasePaths = [
    ...new Set([...changed.flatMap(({ databasePath }) => databasePath ?? []), ...paths]),
  ];
  const found = await localData.listCurrent(key, { paths, databasePaths });
  const current = new Map(found.map((file) => [file.path, file]));
  const differing = changed.filter((file) => !isSame(file, current.get(file.path)));
  const gone = removed.filter((path) => current.has(path));
  if (differing.length === 0 && gone.length === 0) return { version: before.version };
  requireNoConflict(found, { baseVersion, differing, gone });
  const files = await placeParts(localData, key, differing);
  const version = before.version + 1;
  const changedPaths = differing.map(({ path }) => path);
  await localData.endFiles(key, version, [...changedPaths, ...gone]);
  await requireNothingInTheWay(
    localData,
    key,
    changedPaths.filter((path) => !current.has(path)),
  );
  await localData.addFiles(key, version, files);
  await requireWithinLimits(localData, key);
  await localData.setVersion(key, version);
  return { version };
}

/** The route has checked the types, this checks what they mean. */
function checkChanges(changed: readonly ChangedFile[], removed: readonly string[]): void {
  const paths = [...changed.map(({ path }) => path), ...removed];
  const wrong = paths.find((path) => !isLocalDataPath(path));
  if (wrong !== undefined) throw refuse(`${JSON.stringify(wrong)} is not the path of a file in a folder.`);
  const unique = new Set(paths);
  if (unique.size !== paths.length) throw refuse('A path is named twice.');
  const changedPaths = new Set(changed.map(({ path }) => path));
  for (const { path, databasePath, linkTarget, sizeBytes, parts } of changed) {
    if (listFolders(path).some((folder) => changedPaths.has(folder)))
      throw refuse(`${JSON.stringify(path)} is below a file.`);
    if (databasePath !== null && !isLocalDataPath(databasePath))
      throw refuse('A database has no valid path.');
    if (linkTarget !== null && parts.length > 0) throw refuse('A link has no content.');
    let end = 0;
    for (const part of parts) {
      if (part.offset < end || part.sizeBytes > localDataLimits.partBytes)
        throw refuse(`The parts of ${JSON.stringify(path)} overlap or are too large.`);
      end = part.offset + part.sizeBytes;
    }
    if (end > sizeBytes) throw refuse(`${JSON.stringify(path)} is shorter than its parts.`);
  }
}

function isSame(file: ChangedFile, current: CurrentLocalDataFile | undefined): boolean {
  if (!current) return false;
  const parts = file.parts.map(({ offset, sha256 }) => `${offset} ${sha256}`).join();
  return (
    current.mode === file.mode &&
    current.sizeBytes === file.sizeBytes &&
    current.linkTarget === file.linkTarget &&
    current.parts.map(([offset, , , sha256]) => `${offset} ${sha256}`).join() === parts
  );
}

/** The file of a database and its log belong together: a run that changes one must have seen both. */
function requireNoConflict(
  found: readonly CurrentLocalDataFile[],
  { baseVersion, differing, gone }: { baseVersion: number; differing: ChangedFile[]; gone: string[] },
): void {
  const touched = new Set([...differing.map(({ path }) => path), ...gone]);
  const units = new Set(differing.flatMap(({ databasePath }) => databasePath ?? []));
  for (const { path, databasePath } of found)
    if (databasePath !== null && touched.has(path)) units.add(databasePath);
  const conflict = found.find(
    ({ path, databasePath, fromVersion }) =>
      fromVersion > baseVersion && (units.has(databasePath ?? '') || units.has(path)),
  );
  if (conflict) throw conflictAt(conflict.path);
}

/** Another run may have made a folder where this one has made a file, or the reverse. */
async function requireNothingInTheWay(
  localData: Store['localData'],
  key: LocalDataKey,
  paths: readonly string[],
): Promise<void> {
  const folders = [...new Set(paths.flatMap(listFolders))];
  const path = await localData.findInTheWay(key, { paths, folders });
  if (path !== null) throw conflictAt(path);
}

function conflictAt(path: string): ServiceError {
  return new ServiceError(
    'local_data_conflict',
    `Another run has changed ${JSON.stringify(path)} in the local data since this one began.`,
    { path },
  );
}

async function placeParts(
  localData: Store['localData'],
  key: LocalDataKey,
  changed: readonly ChangedFile[],
): Promise<NewLocalDataFile[]> {
  const digests = new Set(changed.flatMap(({ parts }) => parts.map(({ sha256 }) => sha256)));
  const stored = new Map((await localData.parts.find(key, [...digests])).map((part) => [part.sha256, part]));
  const missing = [...digests].filter((digest) => !stored.has(digest));
  if (missing.length > 0)
    throw new ServiceError('local_data_parts_missing', `${missing.length} parts are not stored.`, {
      sha256: missing.slice(0, maxMissing),
    });
  return changed.map(({ parts, ...file }) => ({
    ...file,
    partIds: parts.map(({ sha256, sizeBytes }) => {
      const part = stored.get(sha256);
      if (part?.sizeBytes !== sizeBytes) throw refuse('A part has another size than its content.');
      return part.id;
    }),
    partOffsets: parts.map(({ offset }) => offset),
  }));
}

async function requireWithinLimits(localData: Store['localData'], key: LocalDataKey): Promise<void> {
  const { files, bytes } = await localData.measure(key);
  if (files <= localDataLimits.files && bytes <= localDataLimits.totalBytes) return;
  throw new ServiceError(
    'local_data_too_large',
    `Local data would have ${files} files with ${bytes} bytes. It may have ${localDataLimits.files} files with ${localDataLimits.totalBytes} bytes.`,
  );
}

function refuse(message: string): ServiceError {
  return new ServiceError('invalid_request', message);
}
