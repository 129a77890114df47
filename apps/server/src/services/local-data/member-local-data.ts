import type { DataFileList, DataFiles } from './data-files.ts';
import type { LocalDataKey, LocalDataReset } from '../../store/records.ts';
import type { LocalDataScope } from '../../executors/contract/local-data-store.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { Readable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isLocalDataPath } from '../../domain/local-data/local-data-path.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { uidOfRuns } from '../../platform/reserved-uids.ts';

export interface MemberLocalDataDependencies {
  persistence: Persistence<'apps' | 'auditLog' | 'installation' | 'localData' | 'workspaces'>;
  /** Read at each use; null if this server cannot reach local data. */
  findFiles: () => DataFiles | null;
  log: Logger;
}

/** The local data of one profile. */
export interface ProfileLocalData extends DataFileList {
  profile: string;
}

export interface WorkspaceLocalData {
  profiles: ProfileLocalData[];
  copies: LocalDataReset[];
  /** Workers whose disks have local data of their own. */
  distantWorkers: string[];
}

export type MemberLocalData = ReturnType<typeof createMemberLocalData>;

const keptSeconds = 86_400;
const maxExpired = 100;
/** See `supervisor/snapshots.ts`. */
const clockSlackSeconds = 2;

/** Creates what members do with the local data of a workspace. */
export function createMemberLocalData({ persistence, findFiles, log }: MemberLocalDataDependencies) {
  const { store } = persistence;
  const { resets } = store.localData;

  /** @throws ServiceError local_data_unreachable */
  function requireFiles(): DataFiles {
    const files = findFiles();
    if (files) return files;
    throw new ServiceError(
      'local_data_unreachable',
      'This server cannot reach the local data: it is on a claim of a Kubernetes cluster or on another machine.',
    );
  }

  async function findScope({ workspaceId, profile }: LocalDataKey): Promise<LocalDataScope> {
    const workspace = await store.workspaces.get(workspaceId);
    if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
    const { id: installationId } = await store.installation.get();
    return { installationId, workspaceId, profile, uid: uidOfRuns(workspace.sandboxUidOffset) };
  }

  /** @throws ServiceError local_data_in_use */
  async function requireNoWriter(key: LocalDataKey): Promise<void> {
    const writer = await resets.findWriter(key);
    if (writer)
      throw new ServiceError(
        'local_data_in_use',
        `Run ${writer.number} of ${writer.jobRef} is active under the profile ${key.profile}.`,
      );
  }

  /** Moves everything into a new copy while no run of the profile can begin. */
  async function exchange(
    key: LocalDataKey,
    action: 'local-data.reset' | 'local-data.restore',
    brought: LocalDataReset | null,
  ) {
    const files = requireFiles();
    const scope = await findScope(key);
    const keptId = randomUUID();
    if (!(await resets.begin(keptId, key, keptSeconds)))
      throw new ServiceError('local_data_in_use', 'Another member is resetting this local data.');
    try {
      await requireNoWriter(key);
      const moved = await files.exchange(scope, { keptId, brought });
      await persistence.transaction(async (tx) => {
        if (moved.isKept) await tx.localData.resets.finish(keptId, moved);
        const gone = [...(moved.isKept ? [] : [keptId]), ...(brought ? [brought.id] : [])];
        await tx.localData.resets.remove(gone);
        if (!moved.isKept && !brought) return;
        await recordChange(tx, {
          workspaceId: key.workspaceId,
          action,
          target: { kind: 'local-data', id: null, name: key.profile },
          before: { file_count: moved.fileCount, size_bytes: moved.sizeBytes },
          after: brought && { file_count: brought.fileCount, size_bytes: brought.sizeBytes },
        });
      });
      const kept = moved.isKept ? await resets.get(keptId) : undefined;
      return { kept: kept ?? null, restored: brought };
    } catch (error) {
      await endFailed(keptId, brought, error);
      throw error;
    }
  }

  /** Lets runs begin again. Files may have moved before an unexpected error: their copy stays for its day. */
  async function endFailed(keptId: string, brought: LocalDataReset | null, error: unknown): Promise<void> {
    const code = error instanceof ServiceError ? error.code : null;
    if (code === 'local_data_in_use') await resets.remove([keptId]);
    // User code has deleted the copy, so that the one before it is next.
    else if (code === 'local_data_missing') await resets.remove([keptId, ...(brought ? [brought.id] : [])]);
    else await resets.finish(keptId, { fileCount: null, sizeBytes: null, version: null });
  }

  return {
    /** Lists the files of all profiles, and the undo copies. @throws ServiceError local_data_unreachable */
    async list(workspaceId: string): Promise<WorkspaceLocalData> {
      const files = requireFiles();
      const profiles: ProfileLocalData[] = [];
      for (const profile of await files.listProfiles(workspaceId)) {
        const listed = await files.list(await findScope({ workspaceId, profile }));
        if (listed.fileCount > 0) profiles.push({ profile, ...listed });
      }
      return {
        profiles,
        copies: await resets.list(workspaceId),
        distantWorkers: await resets.listDistantWorkers(workspaceId),
      };
    },

    /**
     * Opens a gzip tar of one path, or of everything. A database is as it was between two writers.
     * @throws ServiceError local_data_unreachable, local_data_in_use, local_data_missing, local_data_failed
     */
    async download(key: LocalDataKey, path: string | null): Promise<{ fileName: string; bytes: Readable }> {
      if (path !== null && !isLocalDataPath(path))
        throw new ServiceError('local_data_missing', 'This is no path of a file in local data.');
      const since = await store.installation.readClock();
      const mayBeWritten = async (changedSecondsAgo: number) => {
        const writerAge = await store.apps.readOldestWriterAge({ ...key, since });
        return writerAge !== null && changedSecondsAgo <= writerAge + clockSlackSeconds;
      };
      const content = await requireFiles().open(await findScope(key), path, mayBeWritten);
      await persistence.transaction((tx) =>
        recordChange(tx, {
          workspaceId: key.workspaceId,
          action: 'local-data.download',
          target: { kind: 'local-data', id: null, name: key.profile },
          before: null,
          after: { path },
        }),
      );
      const bytes = createGzip({ level: 1 });
      // A failure ends the response before its end, which the client notices.
      pipeline(content, bytes).catch((error: unknown) => {
        log.warn({ err: error, ...key }, 'a download of local data did not finish');
      });
      const workspace = await store.workspaces.get(key.workspaceId);
      const name = path?.split('/').at(-1) ?? `${workspace?.name ?? ''}-${key.profile}`;
      return { fileName: `${name.replaceAll(/[^\w.-]/g, '-')}.tar.gz`, bytes };
    },

    /**
     * Moves all local data of a profile into a copy that is kept for a day.
     * @returns the copy; null if there was nothing
     * @throws ServiceError local_data_unreachable, local_data_in_use, local_data_failed
     */
    reset: async (key: LocalDataKey): Promise<LocalDataReset | null> =>
      (await exchange(key, 'local-data.reset', null)).kept,

    /**
     * Brings back the latest copy. What is there becomes a copy itself.
     * @throws ServiceError local_data_unreachable, local_data_in_use, local_data_missing, local_data_failed
     */
    async restore(key: LocalDataKey): Promise<{ kept: LocalDataReset | null; restored: LocalDataReset }> {
      const copies = await resets.list(key.workspaceId);
      const latest = copies.find(({ profile }) => profile === key.profile);
      if (!latest)
        throw new ServiceError('local_data_missing', `The profile ${key.profile} has no undo copy.`);
      const { kept } = await exchange(key, 'local-data.restore', latest);
      return { kept, restored: latest };
    },

    /** Removes undo copies whose day is over. */
    async removeExpired(): Promise<void> {
      const files = findFiles();
      if (!files) return;
      for (const copy of await resets.listExpired(maxExpired)) {
        try {
          if (copy.version === null) await files.remove(await findScope(copy), [copy.id]);
          await resets.remove([copy.id]);
        } catch (error) {
          log.warn({ err: error, id: copy.id }, 'an undo copy of local data was not removed; retried later');
        }
      }
    },
  };
}
