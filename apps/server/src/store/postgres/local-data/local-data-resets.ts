import type { LocalDataKey } from './local-data-key.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** An undo copy of local data. */
export interface LocalDataReset extends LocalDataKey {
  id: string;
  fileCount: number | null;
  sizeBytes: number | null;
  /** Of local data in objects. */
  version: number | null;
  createdAt: Date;
  keptUntil: Date;
}

/** A run that may write to local data. */
export interface LocalDataWriter {
  number: number;
  jobRef: string;
}

const columns = `id, workspace_id as "workspaceId", profile, file_count as "fileCount", size_bytes as "sizeBytes", version,
  created_at as "createdAt", kept_until as "keptUntil"`;
/** Servers have ended in the middle of a move that takes longer. */
const movingSeconds = 300;
const recentRuns = 1000;

/** Stores undo copies of local data, and keeps runs from beginning while files are moved. */
export function createLocalDataResets(sql: Queryable) {
  return {
    /** Begins a move. From the commit on no run of the profile begins. @returns false while another one is under way */
    async begin(id: string, { workspaceId, profile }: LocalDataKey, keptSeconds: number): Promise<boolean> {
      await sql.execute(
        named(
          `update local_data_resets set moving_until = null
            where workspace_id = :workspaceId and profile = :profile and moving_until < now()`,
          { workspaceId, profile },
        ),
      );
      const begun = await sql.execute(
        named(
          `insert into local_data_resets (id, workspace_id, profile, moving_until, kept_until)
           values (:id, :workspaceId, :profile, now() + make_interval(secs => :movingSeconds), now() + make_interval(secs => :keptSeconds))
           on conflict (workspace_id, profile) where moving_until is not null do nothing`,
          { id, workspaceId, profile, movingSeconds, keptSeconds },
        ),
      );
      return begun === 1;
    },

    finish: (
      id: string,
      { fileCount, sizeBytes, version }: Pick<LocalDataReset, 'fileCount' | 'sizeBytes' | 'version'>,
    ) =>
      sql.execute(
        named(
          `update local_data_resets set moving_until = null, file_count = :fileCount, size_bytes = :sizeBytes, version = :version
            where id = :id`,
          { id, fileCount, sizeBytes, version },
        ),
      ),

    /** Forgets copies. The next sweep removes the contents of those in objects. */
    async remove(ids: readonly string[]): Promise<void> {
      await sql.execute(
        named(
          `with gone as (delete from local_data_resets where id = any(:ids) returning workspace_id, profile, version)
           update local_data_manifests manifests set swept_at = null from gone
            where gone.version is not null and manifests.workspace_id = gone.workspace_id and manifests.profile = gone.profile`,
          { ids },
        ),
      );
    },

    get: (id: string) =>
      sql.maybeOne<LocalDataReset>(named(`select ${columns} from local_data_resets where id = :id`, { id })),

    /** The copies of a workspace, the latest first. */
    list: (workspaceId: string) =>
      sql.query<LocalDataReset>(
        named(
          `select ${columns} from local_data_resets where workspace_id = :workspaceId and kept_until > now()
              and (moving_until is null or moving_until < now()) order by created_at desc, id limit 200`,
          { workspaceId },
        ),
      ),

    listExpired: (limit: number) =>
      sql.query<LocalDataReset>(
        named(
          `select ${columns} from local_data_resets where kept_until <= now() order by kept_until limit :limit`,
          { limit },
        ),
      ),

    /** The first run of a profile that may write to its local data now. */
    findWriter: ({ workspaceId, profile }: LocalDataKey) =>
      sql.maybeOne<LocalDataWriter>(
        named(
          `select job_runs.number, jobs.job_ref as "jobRef" from job_runs join jobs on jobs.id = job_runs.job_id
            where job_runs.workspace_id = :workspaceId and job_runs.profile = :profile and not job_runs.is_app
              and not job_runs.is_internal and job_runs.status in ('starting', 'running', 'cancelling')
            order by job_runs.created_at limit 1`,
          { workspaceId, profile },
        ),
      ),

    /** Whether the attempt has to wait until files of its profile are moved. */
    async holdsBack(attemptId: string): Promise<boolean> {
      const row = await sql.maybeOne(
        named(
          `select 1 from attempts join job_runs on job_runs.id = attempts.job_run_id
             join local_data_resets resets on resets.workspace_id = job_runs.workspace_id and resets.profile = job_runs.profile
            where attempts.id = :attemptId and attempts.begun_by is null and resets.moving_until > now()`,
          { attemptId },
        ),
      );
      return row !== undefined;
    },

    /** Names the workers on which recent runs of a workspace may have left local data on a disk. */
    async listDistantWorkers(workspaceId: string): Promise<string[]> {
      const rows = await sql.query<{ name: string }>(
        named(
          `select distinct workers.name from (
             select worker_id from job_runs where workspace_id = :workspaceId and not is_internal
              order by created_at desc limit :recentRuns) as recent
             join workers on workers.id = recent.worker_id
            where not workers.local_data_in_objects order by workers.name limit 20`,
          { workspaceId, recentRuns },
        ),
      );
      return rows.map(({ name }) => name);
    },
  };
}
