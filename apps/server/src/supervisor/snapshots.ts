import type {
  CopiedData,
  LocalDataScope,
  LocalDataStore,
  SnapshotExtent,
} from '../executors/contract/local-data-store.ts';
import type { JobRunRecord } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { Backend } from '../executors/contract/backend.ts';
import type { LocalDataObjects } from '../services/local-data/local-data-objects.ts';
import { createObjectLocalDataStore } from '../services/local-data/object-local-data-store.ts';
import { artifactsFolder } from '../domain/attempts/artifacts.ts';
import { sourceProfileOf } from '../domain/local-data/local-data-path.ts';

export interface SnapshotsDependencies {
  persistence: Persistence<'apps' | 'installation' | 'workspaces'>;
  executor: LocalDataStore & Pick<Backend, 'capabilities'>;
  /** Used if the executor keeps no local data. */
  localDataObjects: LocalDataObjects;
  executorName: string;
  installationId: string;
  /** The uid of a workspace's processes. */
  sandboxUid: (offset: number) => number;
  log: Logger;
}

export type Snapshots = ReturnType<typeof createSnapshots>;

/**
 * Local data to copy for apps; only the artifacts if no run has used a database in it
 * (docs/decisions/0041-artifacts.md).
 */
interface SnapshotScope extends LocalDataScope, SnapshotExtent {}

/**
 * The clock of the machine that wrote the files is not the database's clock, but both measure the same
 * seconds. The slack covers coarse times of file systems.
 */
const clockSlackSeconds = 2;

/**
 * Creates copies of local data for apps. DuckDB allows one process at a time per file: an app on the original
 * would make the next run wait, or read a half-written file (docs/decisions/0037-local-data-of-apps.md).
 */
export function createSnapshots({
  persistence,
  executor,
  localDataObjects,
  executorName,
  installationId,
  sandboxUid,
  log,
}: SnapshotsDependencies) {
  const { store } = persistence;
  const objectStore = createObjectLocalDataStore(localDataObjects);
  const underWay = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  /** Decided on each use, because a worker tells when it connects. */
  const chooseStore = (): LocalDataStore =>
    executor.capabilities().localDataInObjects ? objectStore : executor;

  async function findScope(workspaceId: string, profile: string): Promise<SnapshotScope | null> {
    const workspace = await store.workspaces.get(workspaceId);
    if (!workspace) return null;
    const hasDatabases = await store.workspaces.hasLocalData(workspaceId, profile);
    return {
      installationId,
      workspaceId,
      profile,
      uid: sandboxUid(workspace.sandboxUidOffset),
      only: hasDatabases ? undefined : artifactsFolder,
    };
  }

  /**
   * The executor copies databases while no run writes to them. The snapshot is discarded if another file was
   * changed since a run began that may still have been writing it; that run takes a snapshot when it ends.
   */
  async function take({ only, ...scope }: SnapshotScope): Promise<void> {
    const { workspaceId, profile } = scope;
    const since = await store.installation.readClock();
    const isWhole = async ({ plainChangedSecondsAgo: changedAge }: CopiedData) => {
      if (changedAge === null) return true;
      const writerAge = await store.apps.readOldestWriterAge({ workspaceId, profile, since });
      return writerAge === null || changedAge > writerAge + clockSlackSeconds;
    };
    await chooseStore().takeSnapshot(scope, isWhole, { only });
  }

  async function refreshApps(scope: LocalDataScope): Promise<void> {
    for (const { handle, profile } of await store.apps.listLiveOfWorkspace(scope.workspaceId)) {
      if (handle?.executor !== executorName || sourceProfileOf(profile) !== scope.profile) continue;
      await chooseStore()
        .refreshCopy(handle, scope)
        .catch((error: unknown) => {
          log.warn(
            { err: error, workspaceId: scope.workspaceId },
            'an app does not have the newest local data',
          );
        });
    }
  }

  /**
   * Takes one snapshot at a time per workspace and profile. Requests for the same purpose that arrive
   * meanwhile share the next one, which p-queue cannot do, so copying keeps up even if runs end faster.
   */
  function withLock(
    purpose: 'start' | 'refresh',
    { workspaceId, profile }: Pick<LocalDataScope, 'workspaceId' | 'profile'>,
    work: (scope: SnapshotScope) => Promise<void>,
  ): Promise<void> {
    const key = `${workspaceId} ${profile}`;
    const purposeKey = `${purpose} ${key}`;
    const awaited = waiting.get(purposeKey);
    if (awaited) return awaited;
    const before = underWay.get(key);
    const takeLock = async () => {
      await before?.catch(() => undefined);
      waiting.delete(purposeKey);
      const scope = await findScope(workspaceId, profile);
      if (scope) await work(scope);
    };
    const turn = takeLock();
    waiting.set(purposeKey, turn);
    underWay.set(key, turn);
    return turn.finally(() => {
      if (underWay.get(key) === turn) underWay.delete(key);
    });
  }

  return {
    /** Whether apps are running that may want the data of an ended run of their workspace. */
    isWantedIn: async (workspaceId: string): Promise<boolean> =>
      (await store.apps.listLiveOfWorkspace(workspaceId)).length > 0,

    /** Before an app starts: copies the current data, or keeps the last copy if runs are writing. */
    async takeForApp(workspaceId: string, profile: string): Promise<void> {
      await withLock('start', { workspaceId, profile: sourceProfileOf(profile) }, take);
    },

    /**
     * After a run: refreshes running apps of its workspace. A failure affects the apps, not the run, which
     * has ended.
     */
    async takeAfterRun(run: Pick<JobRunRecord, 'workspaceId' | 'profile'>): Promise<void> {
      try {
        const live = await store.apps.listLiveOfWorkspace(run.workspaceId);
        if (!live.some(({ profile }) => sourceProfileOf(profile) === run.profile)) return;
        await withLock('refresh', run, async (scope) => {
          await take(scope);
          await refreshApps(scope);
        });
      } catch (error) {
        log.warn(
          { err: error, workspaceId: run.workspaceId },
          'no snapshot of local data was taken for apps',
        );
      }
    },
  };
}
