import type { LocalDataScope } from '../../executors/contract/local-data-store.ts';
import type { Readable } from 'node:stream';

export interface DataFile {
  path: string;
  sizeBytes: number;
  changedAt: Date;
}

export interface DataFileList {
  /** The first ones, by path. */
  files: DataFile[];
  fileCount: number;
  sizeBytes: number;
}

/** What an exchange has moved into an undo copy. */
export interface MovedData {
  fileCount: number;
  sizeBytes: number;
  /** False if there was nothing, so that there is no copy. */
  isKept: boolean;
  /** The version of local data in objects that the copy is. */
  version: number | null;
}

/** The copies of an exchange. */
export interface Exchange {
  /** The copy that gets what is there. */
  keptId: string;
  /** The copy that is brought back; null for none. */
  brought: { id: string; version: number | null } | null;
}

/** Where the local data of an installation is: on a disk, or in objects. */
export interface DataFiles {
  listProfiles(workspaceId: string): Promise<string[]>;
  list(scope: LocalDataScope): Promise<DataFileList>;
  /**
   * Opens a tar of one path, or of everything.
   * @param mayBeWritten whether a run may be writing a file that changed that many seconds ago
   * @throws ServiceError local_data_in_use, local_data_missing, local_data_failed
   */
  open(
    scope: LocalDataScope,
    path: string | null,
    mayBeWritten: (changedSecondsAgo: number) => Promise<boolean>,
  ): Promise<Readable>;
  /**
   * Moves everything into an undo copy, and brings another one back. Pending packages stay.
   * @throws ServiceError local_data_missing, local_data_failed
   */
  exchange(scope: LocalDataScope, exchange: Exchange): Promise<MovedData>;
  /** Deletes undo copies on a disk. */
  remove(scope: LocalDataScope, ids: readonly string[]): Promise<void>;
}

/** Files that a list contains. */
export const maxListedFiles = 1000;
