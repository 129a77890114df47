import type { OnlineMigrationState, OpenBackfills, PendingPackagesSummary } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';

/** What is left to do in the installation, without any names, for monitoring. */
export interface Backlog {
  /** Running runs whose code waits until no other run writes with its pipeline, or to its dataset. */
  pipelineWaits: { runs: number; maxSeconds: number };
  /** Pending load packages by step; a step without any is absent. */
  packages: readonly PendingPackagesSummary[];
  /** Pipelines with pending packages, once for each profile. */
  pendingPipelines: number;
  /** Backfills that have not ended, by state and by the reason of a pause; absent if there are none. */
  backfills: readonly OpenBackfills[];
  /** Their windows, up to `maxCountedWindows` of each state. */
  windows: { waiting: number; running: number };
  /** When the last complete backup began; null if there is none. */
  lastBackupAt: Date | null;
  /** Online migrations that have not ended, in their order. */
  onlineMigrations: readonly OnlineMigrationState[];
}

export type ReadBacklog = ReturnType<typeof createReadBacklog>;

/** A backfill has at most as many; counting them takes some tens of milliseconds. */
export const maxCountedWindows = 100_000;

export function createReadBacklog({
  store,
}: Persistence<
  'backfillWindows' | 'backfills' | 'backups' | 'databaseState' | 'pendingPackages' | 'pipelineHolds'
>) {
  return async function readBacklog(): Promise<Backlog> {
    const [pipelineWaits, packages, pendingPipelines, backfills, lastBackup, onlineMigrations] =
      await Promise.all([
        store.pipelineHolds.summarizeWaits(),
        store.pendingPackages.summarize(),
        store.pendingPackages.countPipelines(),
        store.backfills.summarizeOpen(),
        store.backups.findLast('completed'),
        store.databaseState.readOnlineMigrations(),
      ]);
    const windows =
      backfills.length === 0
        ? { waiting: 0, running: 0 }
        : await store.backfillWindows.countOpen(maxCountedWindows);
    const unprepared = backfills.reduce((sum, one) => sum + one.unprepared, 0);
    const waiting = Math.min(windows.waiting + unprepared, maxCountedWindows);
    return {
      pipelineWaits,
      packages,
      pendingPipelines,
      backfills,
      windows: { waiting, running: windows.running },
      lastBackupAt: lastBackup?.startedAt ?? null,
      onlineMigrations,
    };
  };
}
