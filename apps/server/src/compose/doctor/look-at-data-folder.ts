/** Looks at the data folder, its disk, and the key file. */
import type { DataFolderInput } from '../../domain/doctor/data-folder-findings.ts';
import type { DoctorContext, Looks } from './doctor-context.ts';
import type { Stats } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  deriveDataFolderFinding,
  deriveDiskFinding,
  deriveInodesFinding,
  deriveSecretKeyFinding,
} from '../../domain/doctor/data-folder-findings.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { findWriteFailure } from '../../platform/find-write-failure.ts';
import { keyFile } from '../../config/secret-key.ts';
import { readDiskSpace } from '../../platform/disk-space.ts';
import { readDataFolderOwner } from '../../config/data-folder.ts';
import { isDatabaseOpen, readInstallation } from './doctor-context.ts';

/** Types of file systems in `statfs`, from linux/magic.h. */
const networkFileSystems = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997]);
const memoryFileSystem = 0x01021994;

export function createDataFolderLooks(
  context: DoctorContext,
): Looks<'data_folder' | 'secret_key' | 'disk' | 'inodes'> {
  const { config } = context;
  const { dataDir: path } = config;
  const serverUid = process.getuid?.() ?? 0;
  return {
    async data_folder() {
      const found = await statIfAny(path);
      const folder = found && {
        isFolder: found.isDirectory(),
        ownerUid: found.uid,
        mode: found.mode & 0o777,
        fileSystem: await readFileSystem(path),
      };
      return deriveDataFolderFinding({
        path,
        folder,
        serverUid,
        writeFailure: found?.isDirectory() === false ? null : await tryWrite(path, found !== null),
        ownerInstallation: await readDataFolderOwner(path).catch(() => null),
        installation: (await readInstallation(context))?.id ?? null,
        usesEmbeddedDatabase: config.databaseUrl === null,
      });
    },
    async secret_key() {
      const file = await statIfAny(keyFile(path));
      return deriveSecretKeyFinding({
        isSet: config.secretKey !== null,
        path: keyFile(path),
        file: file && { ownerUid: file.uid, mode: file.mode & 0o777, sizeBytes: file.size },
        serverUid,
        hasInstallation: isDatabaseOpen(context.database) ? (await readInstallation(context)) !== null : null,
      });
    },
    async disk() {
      return deriveDiskFinding({ path, ...(await readDiskSpace(await findExisting(path))) });
    },
    async inodes() {
      const { ffree, files } = await statfs(await findExisting(path));
      return deriveInodesFinding(path, { free: ffree, total: files });
    },
  };
}

async function readFileSystem(path: string): Promise<NonNullable<DataFolderInput['folder']>['fileSystem']> {
  const { type } = await statfs(path);
  if (type === memoryFileSystem) return 'memory';
  return networkFileSystems.has(type) ? 'network' : 'disk';
}

/** Writes a file and removes it, or checks whether the folder can be created; the error code, or null. */
async function tryWrite(path: string, exists: boolean): Promise<string | null> {
  if (exists) return findWriteFailure(path, { flush: true });
  try {
    await access(await findExisting(path), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The folder, or the nearest one above it that exists. */
async function findExisting(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await statIfAny(path)) !== null ? path : findExisting(above);
}

async function statIfAny(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}
