import type { Readable } from 'node:stream';
import type { LocalDataScope } from './local-data-store.ts';

/** A call of `pumphouse_bootstrap/data_files.py`, which describes its actions and their output. */
export type DataProgramCall = readonly [
  action: 'list' | 'archive' | 'exchange' | 'remove',
  ...given: string[],
];

export interface DataProgram {
  stdout: Readable;
  /** Never rejects. `code` is null if the program was killed or could not start. */
  ended: Promise<{ code: number | null; stderr: string }>;
  /** Reads no further: the program deletes its copy and ends when it writes the next time. */
  close(): void;
}

/** The files of local data that this executor keeps, for members. */
export interface LocalDataFiles {
  /** The profiles of a workspace that have local data here. */
  listProfiles(workspaceId: string): Promise<string[]>;
  /**
   * Starts a program that sees only the local data, as the user of its workspace: the server itself opens no
   * file that runs can write.
   * @returns null if there is no local data
   * @throws ExecutorError backend
   */
  openProgram(scope: LocalDataScope, call: DataProgramCall): Promise<DataProgram | null>;
}
