/** What was found about the data folder, as findings. Pure. */
import type { Finding } from './check-result.ts';
import { ok, problem, skipped, warning } from './check-result.ts';
import { formatBytes } from '../primitives/format-bytes.ts';

export interface DataFolderInput {
  path: string;
  /** Null: it does not exist. */
  folder: {
    isFolder: boolean;
    ownerUid: number;
    /** Permission bits, such as 0o711. */
    mode: number;
    /** `network` and `memory` are file systems that are unsuitable for a database. */
    fileSystem: 'disk' | 'network' | 'memory';
  } | null;
  serverUid: number;
  /** Error code of a test write; null if it worked or was not tried. */
  writeFailure: string | null;
  /** The installation that the folder belongs to; null for a new folder. */
  ownerInstallation: string | null;
  /** The installation of the database; null if it cannot be read. */
  installation: string | null;
  usesEmbeddedDatabase: boolean;
}

export function deriveDataFolderFinding(input: DataFolderInput): Finding {
  const { path, folder, serverUid, writeFailure } = input;
  if (folder === null) {
    if (writeFailure === null)
      return ok(`${path} does not exist yet. The first start of the server creates it.`);
    return problem(
      `${path} does not exist, and this user cannot create it (${writeFailure}).`,
      `Create it for this user: sudo install -d -o ${serverUid} -m 711 ${path}. Or set PUMPHOUSE_DATA_DIR.`,
    );
  }
  if (!folder.isFolder) return problem(`${path} is not a folder.`, 'Set PUMPHOUSE_DATA_DIR to a folder.');
  if (writeFailure !== null)
    return problem(
      `This user (${serverUid}) cannot write to ${path} (${writeFailure}).`,
      folder.ownerUid === serverUid
        ? 'Mount the file system writable, or free space on it.'
        : `The folder belongs to user ${folder.ownerUid}. Run this as that user, or set PUMPHOUSE_DATA_DIR to a folder of this user.`,
    );
  if ((folder.mode & 0o022) !== 0)
    return problem(
      `Other users of this machine can write to ${path} (mode ${formatMode(folder.mode)}).`,
      `Run: chmod 711 ${path}`,
    );
  const { ownerInstallation, installation } = input;
  if (ownerInstallation !== null && installation !== null && ownerInstallation !== installation)
    return problem(
      `${path} belongs to installation ${ownerInstallation}, and the database to installation ${installation}.`,
      'Set PUMPHOUSE_DATA_DIR or PUMPHOUSE_DATABASE_URL so that both belong together.',
    );
  return describeFileSystem(input, folder);
}

/** Without the path: readiness is public, and members of workspaces read what their runs wait for. */
export function describeUnwritable(writeFailure: string): string {
  return `The server cannot write to its data folder (${writeFailure}): bin/pumphouse doctor says what to do.`;
}

function describeFileSystem(
  { path, usesEmbeddedDatabase }: DataFolderInput,
  { mode, fileSystem }: NonNullable<DataFolderInput['folder']>,
): Finding {
  if (fileSystem === 'memory')
    return warning(
      `${path} is in memory. A restart of the machine loses it.`,
      'Set PUMPHOUSE_DATA_DIR to a folder on a disk.',
    );
  if (fileSystem === 'network' && usesEmbeddedDatabase)
    return warning(
      `${path} is on a network file system, which can damage the embedded database.`,
      'Set PUMPHOUSE_DATA_DIR to a local disk, or PUMPHOUSE_DATABASE_URL to a Postgres of your own.',
    );
  return ok(`${path} is writable (mode ${formatMode(mode)}).`);
}

export interface SecretKeyInput {
  /** Whether PUMPHOUSE_SECRET_KEY sets the key. */
  isSet: boolean;
  path: string;
  /** Null: there is no key file. */
  file: { ownerUid: number; mode: number; sizeBytes: number } | null;
  serverUid: number;
  /** Whether the installation exists, so that it had a key. Null: unknown. */
  hasInstallation: boolean | null;
}

/** A key file has 64 letters of base64; shorter ones were cut off. */
const minKeyFileBytes = 44;

export function deriveSecretKeyFinding({
  isSet,
  path,
  file,
  serverUid,
  hasInstallation,
}: SecretKeyInput): Finding {
  if (file === null) {
    if (isSet) return ok('PUMPHOUSE_SECRET_KEY sets the key.');
    if (hasInstallation !== true)
      return skipped(`There is no key file yet. The first start of the server creates ${path}.`);
    return problem(
      `The installation has a database, and its key file ${path} is missing. Stored secrets cannot be decrypted.`,
      'Restore secret.key from the backup, or set PUMPHOUSE_SECRET_KEY to the key.',
    );
  }
  if ((file.mode & 0o077) !== 0)
    return problem(
      `Other users of this machine can read the secret key ${path} (mode ${formatMode(file.mode)}).`,
      `Run: chmod 600 ${path}. If others could read it for long, replace it: bin/pumphouse admin rotate-key --new`,
    );
  if (file.ownerUid !== serverUid && serverUid !== 0)
    return problem(
      `The secret key ${path} belongs to user ${file.ownerUid}, and this is user ${serverUid}.`,
      `Run this as user ${file.ownerUid}, or: sudo chown ${serverUid} ${path}`,
    );
  if (file.sizeBytes < minKeyFileBytes)
    return problem(
      `The secret key ${path} has only ${file.sizeBytes} bytes, so it is not complete.`,
      'Restore secret.key from the backup.',
    );
  return ok(
    isSet
      ? 'PUMPHOUSE_SECRET_KEY sets the key. The key file of before is still read.'
      : `Only the server's user can read ${path}. Keep a backup of it, separate from the database.`,
  );
}

export interface SpaceInput {
  path: string;
  freeBytes: number;
  sizeBytes: number;
}

const gibibyte = 1024 ** 3;
const minFreeBytes = gibibyte / 2;
const lowFreeBytes = 2 * gibibyte;
/** A large disk with this much free space is not low, whatever its size. */
const enoughFreeBytes = 20 * gibibyte;
const lowFreeShare = 0.05;

/** @param input `path` is the data folder */
export function deriveDiskFinding({ path, freeBytes, sizeBytes }: SpaceInput): Finding {
  const found = `${formatBytes(freeBytes)} of ${formatBytes(sizeBytes)} are free at ${path}.`;
  const next = adviseFreeSpace(path);
  if (freeBytes < minFreeBytes) return problem(found, next);
  const isLow =
    freeBytes < lowFreeBytes || (freeBytes < sizeBytes * lowFreeShare && freeBytes < enoughFreeBytes);
  return isLow ? warning(found, next) : ok(found);
}

/** The sentence works without a running server, which a full disk may prevent. */
export function adviseFreeSpace(dataDir: string): string {
  return `Free space on its disk: ${dataDir}/uv-caches can be removed at any time, because packages are downloaded again. While the server runs, bin/pumphouse admin storage shows what is stored and bin/pumphouse admin purge removes what PUMPHOUSE_RETENTION does not keep (docs/operate/storage.md).`;
}

/** Without the path: readiness is public. Null for a disk with more space than the server needs in reserve. */
export function describeShortDisk(input: SpaceInput): string | null {
  if (deriveDiskFinding(input).status !== 'problem') return null;
  const free = `${formatBytes(input.freeBytes)} of ${formatBytes(input.sizeBytes)}`;
  return `the disk of the data folder has only ${free} free: bin/pumphouse doctor says what can be removed`;
}

/** An environment of a run has some 10,000 files. */
const minFreeInodes = 20_000;
const lowFreeInodes = 100_000;

/** @param inodes `total` is 0 on file systems without a limit */
export function deriveInodesFinding(path: string, { free, total }: { free: number; total: number }): Finding {
  if (total === 0) return skipped(`The file system of ${path} has no limit of inodes.`);
  const found = `${free} of ${total} inodes are free at ${path}.`;
  const next = 'Remove unused environments: bin/pumphouse admin purge --kind environments';
  if (free < minFreeInodes) return problem(found, next);
  return free < lowFreeInodes ? warning(found, next) : ok(found);
}

function formatMode(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0');
}
