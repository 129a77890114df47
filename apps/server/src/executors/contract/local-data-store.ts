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

/** Copies local data for attempts that must not write to it. */
export interface LocalDataStore {
  /**
   * Takes a snapshot of local data. No one may write to the data meanwhile: `isUntouched` is called when the
   * copy is complete, and the copy replaces the previous snapshot only if it returns true. In every other
   * case, including a crash, the previous snapshot stays. A crash leaves an orphaned partial copy, which the
   * next call also removes.
   * @returns the snapshot's size on disk; null if it was discarded
   * @throws ExecutorError backend, and whatever `isUntouched` throws
   */
  takeSnapshot(
    scope: LocalDataScope,
    isUntouched: () => Promise<boolean>,
    extent?: SnapshotExtent,
  ): Promise<{ sizeBytes: number } | null>;
  /**
   * Updates the copy of a running attempt to the snapshot. A changed file is replaced as a whole: processes
   * that have the old file open keep it, and the attempt's own changes are lost. Does nothing without a
   * snapshot.
   * @param place the origin of the snapshot with which the attempt was started
   * @throws ExecutorError backend, if the attempt does not run, is elsewhere, or has no copy
   */
  refreshCopy(handle: AttemptHandle, scope: LocalDataScope): Promise<void>;
}
