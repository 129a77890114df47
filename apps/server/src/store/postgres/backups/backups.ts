import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** A backup that this installation made, or tried to. */
export interface BackupRecord {
  id: string;
  location: string;
  isScheduled: boolean;
  status: 'running' | 'completed' | 'failed';
  startedAt: Date;
  finishedAt: Date | null;
  storedBytes: number | null;
  addedBytes: number | null;
  failure: string | null;
}

export interface FinishedBackup {
  storedBytes: number;
  addedBytes: number;
}

export type BackupStore = ReturnType<typeof createBackupStore>;

/** A running backup reports every few seconds. One that is silent for longer was killed. */
export const backupSilenceSeconds = 120;
const keptRows = 200;

const columns = `id, location, is_scheduled as "isScheduled", status, started_at as "startedAt", finished_at as "finishedAt",
  stored_bytes as "storedBytes", added_bytes as "addedBytes", failure`;

/** Creates the store of the backups that the installation made. */
export function createBackupStore(sql: Queryable) {
  return {
    /** Marks running backups that were killed as failed. */
    failSilent: () =>
      sql.execute(
        named(
          `update backups set status = 'failed', finished_at = now(), failure = 'The process of the backup ended before it was complete.'
            where status = 'running' and seen_at < now() - make_interval(secs => :seconds)`,
          { seconds: backupSilenceSeconds },
        ),
      ),

    /** @returns false while another backup is running */
    begin: async (backup: Pick<BackupRecord, 'id' | 'location' | 'isScheduled'>): Promise<boolean> =>
      (await sql.execute(
        named(
          `insert into backups (id, location, is_scheduled, status) values (:id, :location, :isScheduled, 'running')
           on conflict do nothing`,
          { ...backup },
        ),
      )) === 1,

    noteAlive: (id: string) =>
      sql.execute(named(`update backups set seen_at = now() where id = :id and status = 'running'`, { id })),

    /** @returns false if the backup was taken for killed meanwhile: files that it needs may be gone */
    complete: async (id: string, { storedBytes, addedBytes }: FinishedBackup): Promise<boolean> =>
      (await sql.execute(
        named(
          `update backups set status = 'completed', finished_at = now(), stored_bytes = :storedBytes, added_bytes = :addedBytes
            where id = :id and status = 'running'`,
          { id, storedBytes, addedBytes },
        ),
      )) === 1,

    fail: (id: string, failure: string) =>
      sql.execute(
        named(
          `update backups set status = 'failed', finished_at = now(), failure = :failure where id = :id and status = 'running'`,
          { id, failure },
        ),
      ),

    findLast: (status: BackupRecord['status']) =>
      sql.maybeOne<BackupRecord>(
        named(`select ${columns} from backups where status = :status order by started_at desc limit 1`, {
          status,
        }),
      ),

    findLastScheduled: () =>
      sql.maybeOne<BackupRecord>(
        `select ${columns} from backups where is_scheduled order by started_at desc limit 1`,
      ),

    /** Lists the runs that have an attempt: after a restore, those of the former server. */
    async listActiveRuns(): Promise<string[]> {
      const rows = await sql.query<{ id: string }>(
        `select id from job_runs where status in ('starting', 'running', 'cancelling') order by created_at, id`,
      );
      return rows.map(({ id }) => id);
    },

    removeOldRows: () =>
      sql.execute(
        named(
          `delete from backups where status <> 'running' and id in (select id from backups order by started_at desc offset :keptRows)`,
          { keptRows },
        ),
      ),
  };
}
