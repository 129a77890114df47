import type { Executor, LocalDataPlace } from '../executors/executor.ts';
import type { JobRunRecord } from '../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';

export interface SnapshotsDependencies {
  persistence: Persistence;
  executor: Executor;
  installationId: string;
  /** The uid of a workspace's processes. */
  sandboxUid: (offset: number) => number;
  log: Logger;
}

export type Snapshots = ReturnType<typeof createSnapshots>;

/** What an app reads that runs under this profile: an app under `access` reads what batch runs under `prod` wrote. */
export function sourceProfileOf(profile: string): string {
  return profile === 'access' ? 'prod' : profile;
}

/**
 * Copies of local data for apps, made between two runs: DuckDB lets one process at a time have a file, and an app that had the runs' own
 * would make the next run fail, or see a file that is half written (docs/decisions/0037-local-data-of-apps.md).
 */
export function createSnapshots({
  persistence,
  executor,
  installationId,
  sandboxUid,
  log,
}: SnapshotsDependencies) {
  const { store } = persistence;
  const underWay = new Map<string, Promise<void>>();

  async function findPlace(workspaceId: string, profile: string): Promise<LocalDataPlace | null> {
    const workspace = await store.workspaces.get(workspaceId);
    if (!workspace || !(await store.workspaces.hasLocalData(workspaceId, profile))) return null;
    return { installationId, workspaceId, profile, uid: sandboxUid(workspace.sandboxUidOffset) };
  }

  /** Thrown away where a run began meanwhile: it takes one itself when it ends. */
  async function take(place: LocalDataPlace): Promise<void> {
    const { workspaceId, profile } = place;
    const startedAt = await store.installation.readClock();
    const isUntouched = async () =>
      !(await store.apps.isLocalDataTouched({ workspaceId, profile, since: startedAt }));
    if (!(await isUntouched())) return;
    await executor.takeSnapshot(place, isUntouched);
  }

  async function refreshApps(place: LocalDataPlace): Promise<void> {
    for (const { handle, profile } of await store.apps.listLiveOfWorkspace(place.workspaceId)) {
      if (!handle || handle.executor !== executor.name || sourceProfileOf(profile) !== place.profile)
        continue;
      await executor.refreshCopy(handle, place).catch((error: unknown) => {
        log.warn({ err: error, workspaceId: place.workspaceId }, 'an app does not see the newest local data');
      });
    }
  }

  /** One at a time for each place; who asks meanwhile waits for that one and takes another. */
  function inTurn(place: LocalDataPlace, work: () => Promise<void>): Promise<void> {
    const key = `${place.workspaceId} ${place.profile}`;
    const turn = (underWay.get(key) ?? Promise.resolve()).catch(() => undefined).then(work);
    underWay.set(key, turn);
    return turn.finally(() => {
      if (underWay.get(key) === turn) underWay.delete(key);
    });
  }

  return {
    /** Before an app starts: what there is now, or what there was when no run held it. */
    async takeForApp(workspaceId: string, profile: string): Promise<void> {
      const place = await findPlace(workspaceId, sourceProfileOf(profile));
      if (place) await inTurn(place, () => take(place));
    },

    /** After a run: for the apps of its workspace that run. A failure concerns them, not the run, which has ended. */
    async takeAfterRun(
      run: Pick<JobRunRecord, 'workspaceId' | 'profile' | 'sharesLocalData'>,
    ): Promise<void> {
      if (!run.sharesLocalData) return;
      try {
        const live = await store.apps.listLiveOfWorkspace(run.workspaceId);
        if (!live.some(({ profile }) => sourceProfileOf(profile) === run.profile)) return;
        const place = await findPlace(run.workspaceId, run.profile);
        if (!place) return;
        await inTurn(place, async () => {
          await take(place);
          await refreshApps(place);
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
