import type { AttemptFailure, AttemptRecord } from '../attempts/attempt-record.ts';
import type { EndIntent } from '../runs/job-run-record.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { Queryable } from '../pool.ts';
import { createAppAccessStore } from './app-access.ts';
import { named } from '../statements/named.ts';

/** A run of an interactive job that has not ended; newest first in lists. */
export interface AppInstanceRecord {
  jobRunId: string;
  status: 'pending' | 'starting' | 'running' | 'cancelling';
  deploymentId: string;
  configurationId: string;
  jobVersionId: string;
  createdAt: Date;
  /** What the run waits for while it is pending or starting. */
  waitReason: string | null;
  listeningAt: Date | null;
  /** Seconds since then, by the database clock. */
  listeningSeconds: number | null;
  lastUsedAt: Date | null;
  attemptId: string | null;
  handle: AttemptRecord['handle'];
  /** The triggers of its job version. */
  triggers: string[];
}

/** The end of an app's last run. */
export interface AppEndRecord {
  jobRunId: string;
  status: 'completed' | 'failed' | 'cancelled';
  finishedAt: Date;
  /** Why the server stopped it; null if it ended by itself. */
  endIntent: EndIntent | null;
  failure: AttemptFailure | null;
  reason: FailureReason | null;
  /** Number of consecutive failed runs, up to now. */
  failureCount: number;
}

/** The versions that a new run would use; if they differ from a run's, a new run should replace it. */
export interface AppVersions {
  deploymentId: string | null;
  configurationId: string | null;
  jobVersionId: string;
}

export type AppStore = ReturnType<typeof createAppStore>;

/** Stores apps: listening processes here, public links and visitor sessions in `app-access.ts`. */
export function createAppStore(sql: Queryable) {
  return {
    ...createAppAccessStore(sql),

    /** Lists the interactive jobs whose ids have this end; practically always one. */
    listByIdEnd: async (idEnd: string): Promise<string[]> => {
      const rows = await sql.prepared<{ id: string }>(
        named(`select id from jobs where job_type = 'interactive' and right(id::text, 12) = :idEnd`, {
          idEnd,
        }),
      );
      return rows.map(({ id }) => id);
    },

    /**
     * Lists active interactive jobs by ref, without their definitions, of which a workspace of ten thousand
     * jobs has many.
     */
    listJobIds: async (workspaceId: string, limit: number): Promise<string[]> => {
      const rows = await sql.prepared<{ id: string }>(
        named(
          `select id from jobs where workspace_id = :workspaceId and job_type = 'interactive' and not is_archived
            order by job_ref limit :limit`,
          { workspaceId, limit },
        ),
      );
      return rows.map(({ id }) => id);
    },

    /** Lists the runs of the job that have not ended, newest first. */
    listInstances: (jobId: string) =>
      sql.prepared<AppInstanceRecord>(
        named(
          `select job_runs.id as "jobRunId", job_runs.status, job_runs.deployment_id as "deploymentId",
                  job_runs.configuration_id as "configurationId", job_runs.job_version_id as "jobVersionId",
                  job_runs.created_at as "createdAt", job_runs.wait_reason as "waitReason", app_instances.listening_at as "listeningAt",
                  extract(epoch from now() - app_instances.listening_at)::float8 as "listeningSeconds",
                  app_instances.last_used_at as "lastUsedAt", attempts.id as "attemptId", attempts.handle,
                  job_versions.definition->'triggers' as triggers
             from job_runs join job_versions on job_versions.id = job_runs.job_version_id
             left join app_instances on app_instances.job_run_id = job_runs.id
             left join lateral (select id, handle from attempts where attempts.job_run_id = job_runs.id and closed_at is null
                                 order by number desc limit 1) as attempts on true
            where job_runs.job_id = :jobId and job_runs.status in ('pending', 'starting', 'running', 'cancelling')
            order by job_runs.created_at desc, job_runs.id desc`,
          { jobId },
        ),
      ),

    /** Finds the last ended run, unless a newer run exists. */
    async findEnd(jobId: string): Promise<AppEndRecord | null> {
      const [row] = await sql.prepared<AppEndRecord>(
        named(
          `select last.id as "jobRunId", last.status, last.finished_at as "finishedAt", last.end_intent as "endIntent",
             last.failure, last.reason,
                  jobs.failure_count as "failureCount"
             from jobs cross join lateral (
               select id, status, finished_at, end_intent, failure, reason from job_runs where job_id = jobs.id and status <> 'skipped'
                order by created_at desc, id desc limit 1) as last
            where jobs.id = :jobId and last.status in ('completed', 'failed', 'cancelled')`,
          { jobId },
        ),
      );
      return row ?? null;
    },

    /** Lists started app runs of a workspace, with the handles for their copies of local data. */
    listLiveOfWorkspace: (workspaceId: string) =>
      sql.prepared<{ profile: string; handle: AttemptRecord['handle'] }>(
        named(
          `select job_runs.profile, attempts.handle
             from app_instances join job_runs on job_runs.id = app_instances.job_run_id
             join attempts on attempts.job_run_id = job_runs.id and attempts.closed_at is null
            where job_runs.workspace_id = :workspaceId and job_runs.status in ('starting', 'running')`,
          { workspaceId },
        ),
      ),

    /**
     * Returns how many seconds ago the earliest of the batch runs of a profile began that have run since a
     * time; null if none has.
     */
    async readOldestWriterAge(scope: { workspaceId: string; profile: string; since: Date }) {
      const { age } = await sql.one<{ age: number | null }>(
        named(
          `select extract(epoch from now() - min(started_at))::float8 as age from (
             select started_at from job_runs where workspace_id = :workspaceId and profile = :profile and not is_app
                and status in ('starting', 'running', 'cancelling')
             union all
             select started_at from job_runs where workspace_id = :workspaceId and profile = :profile and not is_app
                and finished_at >= :since) as writers`,
          scope,
        ),
      );
      return age;
    },

    addInstance: (jobRunId: string, jobId: string) =>
      sql.query(
        named(
          'insert into app_instances (job_run_id, job_id) values (:jobRunId, :jobId) on conflict (job_run_id) do nothing',
          { jobRunId, jobId },
        ),
      ),

    /** Records that the app answered, which also counts as a use. */
    noteListening: (jobRunId: string) =>
      sql.query(
        named(
          `update app_instances set listening_at = now(), last_used_at = now()
            where job_run_id = :jobRunId and listening_at is null`,
          { jobRunId },
        ),
      ),

    /** Records that its process ended, or a new attempt follows: it must answer again. */
    noteSilent: (jobRunId: string) =>
      sql.query(
        named('update app_instances set listening_at = null where job_run_id = :jobRunId', { jobRunId }),
      ),

    noteUse: (jobIds: readonly string[]) =>
      sql.query(
        named(
          'update app_instances set last_used_at = now() where job_id = any(:jobIds) and listening_at is not null',
          { jobIds },
        ),
      ),

    /** Records that visitors have open connections, even idle ones. */
    noteConnected: (jobIds: readonly string[]) =>
      sql.query(
        named(
          'update app_instances set connected_at = now() where job_id = any(:jobIds) and listening_at is not null',
          { jobIds },
        ),
      ),

    /** Tries to become the only server that frees slots for apps, until the transaction ends. Never waits. */
    async tryHoldAppSlots(): Promise<boolean> {
      const { isHeld } = await sql.one<{ isHeld: boolean }>(
        `select pg_try_advisory_xact_lock(hashtext('pumphouse: room for apps')) as "isHeld"`,
      );
      return isHeld;
    },

    /**
     * Requests the end of this server's longest idle app, if more apps wait for a slot than are ending. An
     * app that was used recently, or has an open connection, is never chosen. Requires `tryHoldAppSlots` in the
     * same transaction.
     * @param idle.ending number of apps of this server that are ending, or ended a moment ago
     * @returns undefined if no app was chosen
     */
    freeAppSlot: (
      owner: string,
      idle: { unusedSeconds: number; disconnectedSeconds: number; ending: number },
    ) =>
      sql.maybeOne<{ jobRunId: string; attemptId: string | null; unusedSeconds: number }>(
        named(
          `with ending as (
             select count(*) filter (where claimed_by = :owner) as here,
                    count(*) filter (where claimed_by is distinct from :owner) as elsewhere
               from job_runs where status in ('running', 'cancelling') and is_app and end_intent is not null),
           waiting as (
             select count(*) as count from job_runs
              where status = 'pending' and not is_queued and is_app and wait_kind in ('slot', 'size', 'turn'))
           update job_runs set end_intent = 'room', updated_at = now()
             from (select app_instances.job_run_id, extract(epoch from now() - app_instances.last_used_at)::float8 as unused_seconds
                     from job_runs idle join app_instances on app_instances.job_run_id = idle.id, ending, waiting
                    where idle.status = 'running' and idle.is_app and idle.claimed_by = :owner and idle.end_intent is null
                      and app_instances.listening_at is not null
                      and app_instances.last_used_at < now() - make_interval(secs => :unusedSeconds)
                      and coalesce(app_instances.connected_at < now() - make_interval(secs => :disconnectedSeconds), true)
                      and waiting.count > greatest(ending.here, :ending) + ending.elsewhere
                    order by app_instances.last_used_at limit 1 for update of idle skip locked) as longest
            where job_runs.id = longest.job_run_id
          returning job_runs.id as "jobRunId", longest.unused_seconds as "unusedSeconds",
                    (select id from attempts where attempts.job_run_id = job_runs.id and closed_at is null
                      order by number desc limit 1) as "attemptId"`,
          { ...idle, owner },
        ),
      ),

    /** Returns the versions with which an app would start now. */
    async findVersions(jobId: string): Promise<AppVersions | null> {
      const [row] = await sql.prepared<AppVersions>(
        named(
          `select jobs.current_version_id as "jobVersionId",
                  (select id from deployments where workspace_id = jobs.workspace_id order by version desc limit 1) as "deploymentId",
                  (select id from configurations where workspace_id = jobs.workspace_id order by version desc limit 1) as "configurationId"
             from jobs where id = :jobId`,
          { jobId },
        ),
      );
      return row ?? null;
    },

    /**
     * Reads how many seconds ago an instance started listening and was last used, by the database clock, and
     * whether it is archived.
     */
    async readAges(jobRunId: string) {
      const [row] = await sql.prepared<{
        listeningSeconds: number | null;
        unusedSeconds: number;
        isArchived: boolean;
      }>(
        named(
          `select extract(epoch from now() - listening_at)::float8 as "listeningSeconds",
                  extract(epoch from now() - last_used_at)::float8 as "unusedSeconds",
                  jobs.is_archived or workspaces.archived_at is not null as "isArchived"
             from app_instances join jobs on jobs.id = app_instances.job_id join workspaces on workspaces.id = jobs.workspace_id
            where job_run_id = :jobRunId`,
          { jobRunId },
        ),
      );
      return row ?? null;
    },
  };
}
