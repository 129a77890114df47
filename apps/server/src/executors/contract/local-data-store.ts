import type { AttemptHandle } from './attempt-handle.ts';

/**
 * `read-write`: the data itself. `copy`: the attempt's own writable copy of the snapshot, removed with the
 * attempt. It is mounted at the folder of the profile `mountedAs`, and is empty without a snapshot.
 */
export type LocalDataUse =
  | { workspaceId: string; profile: string; access: 'read-write' }
  | { workspaceId: string; profile: string; access: 'copy'; mountedAs: string };

/** The data that a workspace's runs of one profile share, and the user that owns it. */
export interface LocalDataScope {
  installationId: string;
  workspaceId: string;
  profile: string;
  /** Uid of the workspace's runs. */
  uid: number;
}

/** The part of local data that a snapshot contains. */
export interface SnapshotExtent {
  /** A single entry; everything if undefined. */
  only?: string | undefined;
}

/** A complete copy of local data. Each DuckDB database in it is as it was between two writers. */
export interface CopiedData {
  /** On disk. */
  sizeBytes: number;
  /**
   * When a file that is no database was last changed, apart from artifacts; null if there is none. A run that
   * began before may have been writing it.
   */
  plainChangedSecondsAgo: number | null;
}

/**
 * Copies local data for attempts that must not write to it. Not used for executors whose attempts fetch local data
 * from the server (`localDataInObjects`).
 */
export interface LocalDataStore {
  /**
   * Takes a snapshot of local data, while runs may write to it. `isWhole` is called when the copy is complete,
   * and the copy replaces the previous snapshot only if it returns true. In every other case, including a
   * crash and a database that runs keep open, the previous snapshot stays. A crash leaves an orphaned partial
   * copy, which the next call also removes.
   * @returns null if the snapshot was discarded
   * @throws ExecutorError backend, and whatever `isWhole` throws
   */
  takeSnapshot(
    scope: LocalDataScope,
    isWhole: (copied: CopiedData) => Promise<boolean>,
    extent?: SnapshotExtent,
  ): Promise<CopiedData | null>;
  /**
   * Updates the copy of a running attempt to the snapshot. A changed file is replaced as a whole: processes
   * that have the old file open keep it, and the attempt's own changes are lost. Does nothing without a
   * snapshot.
   * @param place the origin of the snapshot with which the attempt was started
   * @throws ExecutorError backend, if the attempt does not run, is elsewhere, or has no copy
   */
  refreshCopy(handle: AttemptHandle, scope: LocalDataScope): Promise<void>;
}
