import type {
  EndedPackage,
  PackageName,
  PendingRows,
  PendingStep,
  ReportedPackage,
} from '../../../domain/pipelines/pending-packages.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Where the packages are: the local data of a workspace and profile, of the servers or of a worker. */
export interface PendingScope {
  workspaceId: string;
  profile: string;
  /** Null: the local data of the servers. */
  workerId: string | null;
}

/** The run of an attempt that reports. */
export interface ReportingAttempt extends PendingScope {
  jobRunId: string;
}

export interface PendingPackageRecord extends PendingScope {
  id: string;
  pipelineName: string;
  loadId: string;
  schemaName: string | null;
  step: PendingStep;
  tableNames: string[];
  /** Null: not counted. */
  rowCounts: PendingRows[] | null;
  sizeBytes: number;
  jobsLeft: number;
  jobsDone: number;
  tries: number;
  createdAt: Date;
  state: 'pending' | 'finished' | 'dropped' | 'gone';
  endedAt: Date | null;
  dropRequestedAt: Date | null;
  /** The run that extracted it; null once that is removed. */
  jobRunId: string | null;
  runNumber: number | null;
  jobId: string | null;
  jobRef: string | null;
  /** The run that finished or dropped it. */
  endedByJobRunId: string | null;
  endedByRunNumber: number | null;
  endedByJobRef: string | null;
}

/** Pending packages of the installation that are at the same step. */
export interface PendingPackagesSummary {
  step: PendingStep;
  packages: number;
  bytes: number;
  maxSeconds: number;
}

export interface PendingFilter {
  pipelineName: string | null;
  /** Packages that this run extracted, finished or dropped. */
  jobRunId: string | null;
  onlyPending: boolean;
}

/** Within this, reports of attempts that end at the same time may arrive in any order. */
const settledSeconds = 10;
const noWorker = '00000000-0000-0000-0000-000000000000';
const inScope = `pending_packages.workspace_id = :workspaceId and pending_packages.profile = :profile
  and pending_packages.worker_id is not distinct from :workerId::uuid` as const;

/** Stores what bootstraps report about load packages that are still to be loaded. */
export function createPendingPackageStore(sql: Queryable) {
  return {
    findAttempt: (attemptId: string) =>
      sql.maybeOnePrepared<ReportingAttempt>(
        named(
          `select job_runs.workspace_id as "workspaceId", job_runs.profile, job_runs.worker_id as "workerId",
                  job_runs.id as "jobRunId"
             from attempts join job_runs on job_runs.id = attempts.job_run_id where attempts.id = :attemptId`,
          { attemptId },
        ),
      ),

    /** Adds or updates packages that are pending. One that was reported as ended is pending again. */
    save: ({ workspaceId, profile, workerId }: PendingScope, packages: readonly ReportedPackage[]) =>
      sql.execute(
        named(
          `insert into pending_packages (workspace_id, profile, worker_id, pipeline_name, load_id, schema_name, step, table_names,
                  row_counts, size_bytes, jobs_left, jobs_done, tries, created_at, job_run_id)
           select distinct on (found."pipelineName", found."loadId") :workspaceId, :profile, :workerId::uuid, found."pipelineName", found."loadId", found."schemaName", found.step,
                  array(select json_array_elements_text(found."tableNames")), found."rowCounts", found."sizeBytes", found."jobsLeft", found."jobsDone", found.tries,
                  found."createdAt", job_runs.id
             from json_to_recordset(:packages::json) as found ("pipelineName" text, "loadId" text, "schemaName" text, step text,
                  "tableNames" json, "rowCounts" jsonb, "sizeBytes" bigint, "jobsLeft" integer, "jobsDone" integer, tries integer, "createdAt" timestamptz,
                  "attemptId" uuid)
             left join attempts on attempts.id = found."attemptId"
             left join job_runs on job_runs.id = attempts.job_run_id and job_runs.workspace_id = :workspaceId
            order by found."pipelineName", found."loadId"
           on conflict (workspace_id, profile, coalesce(worker_id, '${noWorker}'), pipeline_name, load_id) do update
             set step = excluded.step, size_bytes = excluded.size_bytes, jobs_left = excluded.jobs_left, jobs_done = excluded.jobs_done,
                 table_names = excluded.table_names, row_counts = excluded.row_counts, tries = excluded.tries, reported_at = now(), state = 'pending', ended_at = null,
                 ended_by_job_run_id = null, job_run_id = coalesce(pending_packages.job_run_id, excluded.job_run_id)`,
          { workspaceId, profile, workerId, packages: JSON.stringify(packages) },
        ),
      ),

    /** Records what a run did with packages; `jobRunId` is null if the server did it. */
    end: (
      { workspaceId, profile, workerId, jobRunId }: PendingScope & { jobRunId: string | null },
      ended: readonly EndedPackage[],
    ) =>
      sql.execute(
        named(
          `update pending_packages set state = done.state, ended_at = now(), ended_by_job_run_id = :jobRunId::uuid
             from json_to_recordset(:ended::json) as done ("pipelineName" text, "loadId" text, state text)
            where ${inScope} and pending_packages.pipeline_name = done."pipelineName"
              and pending_packages.load_id = done."loadId" and pending_packages.state = 'pending'`,
          { workspaceId, profile, workerId, jobRunId, ended: JSON.stringify(ended) },
        ),
      ),

    /**
     * Records that the run of an attempt has loaded packages, as its trace says: the report at its end is missing if it is
     * killed before. Stored working folders say themselves what is pending.
     */
    endLoaded: (attemptId: string, pipelineName: string, loadIds: readonly string[]) =>
      sql.execute(
        named(
          `update pending_packages set state = 'finished', ended_at = now(), ended_by_job_run_id = job_runs.id
             from attempts join job_runs on job_runs.id = attempts.job_run_id
            where attempts.id = :attemptId and pending_packages.workspace_id = job_runs.workspace_id
              and pending_packages.profile = job_runs.profile and pending_packages.worker_id is not distinct from job_runs.worker_id
              and pending_packages.pipeline_name = :pipelineName and pending_packages.load_id = any(:loadIds::text[])
              and pending_packages.state = 'pending'
              and not exists (select 1 from pipeline_folders folders
                               where folders.workspace_id = job_runs.workspace_id and folders.profile = job_runs.profile
                                 and folders.pipeline_name = :pipelineName)`,
          { attemptId, pipelineName, loadIds: [...loadIds] },
        ),
      ),

    /** Ends the packages on the disk of a worker that is removed. */
    endOfWorker: (workerId: string) =>
      sql.execute(
        named(
          `update pending_packages set state = 'gone', ended_at = now() where worker_id = :workerId and state = 'pending'`,
          { workerId },
        ),
      ),

    /**
     * Ends packages that a complete report does not have: as dropped if a member asked for that. Nothing ends while another
     * attempt is open that may have taken it over, if the report does not say what those work on. A report may arrive after
     * a later one, so a package that was reported just now stays.
     */
    endMissing: (
      { workspaceId, profile, workerId, jobRunId }: ReportingAttempt,
      packages: readonly PackageName[],
      busy: readonly PackageName[] | null,
    ) =>
      sql.execute(
        named(
          `update pending_packages
              set state = case when drop_requested_at is null then 'gone' else 'dropped' end, ended_at = now(),
                  ended_by_job_run_id = case when drop_requested_at is null then null else cast(:jobRunId as uuid) end
            where ${inScope} and state = 'pending'
              and not exists (select 1 from json_to_recordset(:found::json) as found ("pipelineName" text, "loadId" text)
                               where found."pipelineName" = pending_packages.pipeline_name and found."loadId" = pending_packages.load_id)
              and case when :knowsBusy::boolean
                then drop_requested_at is not null or reported_at < now() - make_interval(secs => :settledSeconds)
                else not exists (select 1 from job_runs
                                  where job_runs.workspace_id = :workspaceId and job_runs.profile = :profile and job_runs.id <> :jobRunId
                                    and job_runs.status in ('starting', 'running', 'cancelling')) end`,
          {
            workspaceId,
            profile,
            workerId,
            jobRunId,
            found: JSON.stringify([...packages, ...(busy ?? [])]),
            knowsBusy: busy !== null,
            settledSeconds,
          },
        ),
      ),

    /** Lists the packages that members have asked to drop. */
    listUnwanted: ({ workspaceId, profile, workerId }: PendingScope) =>
      sql.prepared<{ pipelineName: string; loadId: string }>(
        named(
          `select pipeline_name as "pipelineName", load_id as "loadId" from pending_packages
            where ${inScope} and state = 'pending' and drop_requested_at is not null order by id limit 200`,
          { workspaceId, profile, workerId },
        ),
      ),

    /** Lists packages, the newest first. */
    list: (workspaceId: string, { pipelineName, jobRunId, onlyPending }: PendingFilter, limit: number) =>
      sql.prepared<PendingPackageRecord>(
        named(
          `select packages.id, packages.workspace_id as "workspaceId", packages.profile, packages.worker_id as "workerId",
                  packages.pipeline_name as "pipelineName", packages.load_id as "loadId", packages.schema_name as "schemaName",
                  packages.step, packages.table_names as "tableNames", packages.row_counts as "rowCounts", packages.size_bytes as "sizeBytes",
                  packages.jobs_left as "jobsLeft", packages.jobs_done as "jobsDone", packages.tries,
                  packages.created_at as "createdAt", packages.state, packages.ended_at as "endedAt",
                  packages.drop_requested_at as "dropRequestedAt", packages.job_run_id as "jobRunId",
                  runs.number as "runNumber", jobs.id as "jobId", jobs.job_ref as "jobRef",
                  packages.ended_by_job_run_id as "endedByJobRunId", ending.number as "endedByRunNumber",
                  ending_jobs.job_ref as "endedByJobRef"
             from pending_packages packages
             left join job_runs runs on runs.id = packages.job_run_id
             left join jobs on jobs.id = runs.job_id
             left join job_runs ending on ending.id = packages.ended_by_job_run_id
             left join jobs ending_jobs on ending_jobs.id = ending.job_id
            where packages.workspace_id = :workspaceId
              and (:pipelineName::text is null or packages.pipeline_name = :pipelineName)
              and (:jobRunId::uuid is null or packages.job_run_id = :jobRunId or packages.ended_by_job_run_id = :jobRunId)
              and (not :onlyPending::boolean or packages.state = 'pending')
            order by packages.created_at desc, packages.id limit :limit`,
          { workspaceId, pipelineName, jobRunId, onlyPending, limit },
        ),
      ),

    /** Sums up the pending packages of an organization, or of all if it is null. */
    measure: (organizationId: string | null) =>
      sql.one<{ count: number; bytes: number; oldest: Date | null }>(
        named(
          `select count(*)::int as count, coalesce(sum(size_bytes), 0)::bigint as bytes, min(pending_packages.created_at) as oldest
             from pending_packages join workspaces on workspaces.id = pending_packages.workspace_id
            where state = 'pending' and (:organizationId::uuid is null or workspaces.organization_id = :organizationId)`,
          { organizationId },
        ),
      ),

    /** Sums up all pending packages by step. The age is that of the oldest, by dlt's time. */
    summarize: () =>
      sql.query<PendingPackagesSummary>(
        `select step, count(*)::int as packages, coalesce(sum(size_bytes), 0)::bigint as bytes,
                greatest(extract(epoch from now() - min(created_at)), 0)::float8 as "maxSeconds"
           from pending_packages where state = 'pending' group by step`,
      ),

    /** Counts the pipelines with pending packages, once for each profile, and for each machine that has packages. */
    async countPipelines(): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        `select count(distinct (workspace_id, profile, worker_id, pipeline_name))::int as count
           from pending_packages where state = 'pending'`,
      );
      return count;
    },

    /** Asks the next attempt to drop the pending packages of a pipeline; returns them. */
    requestDrop: (
      workspaceId: string,
      { pipelineName, profile }: { pipelineName: string; profile: string },
    ) =>
      sql.prepared<Pick<PendingPackageRecord, 'loadId' | 'sizeBytes' | 'tableNames' | 'rowCounts'>>(
        named(
          `update pending_packages set drop_requested_at = coalesce(drop_requested_at, now())
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and profile = :profile and state = 'pending'
            returning load_id as "loadId", size_bytes as "sizeBytes", table_names as "tableNames", row_counts as "rowCounts"`,
          { workspaceId, pipelineName, profile },
        ),
      ),

    /** Makes a new run finish the pending packages of pipelines and end before it asks their sources. */
    setFinishing: (jobRunId: string, pipelineNames: readonly string[]) =>
      sql.execute(
        named('update job_runs set finishes_pending = :pipelineNames where id = :jobRunId', {
          jobRunId,
          pipelineNames: [...pipelineNames],
        }),
      ),

    /** Removes some rows of packages that ended more than this many days ago. */
    removeEnded: (days: number) =>
      sql.execute(
        named(
          `delete from pending_packages where id in (
             select id from pending_packages where ended_at < now() - make_interval(days => :days) order by ended_at limit 1000)`,
          { days },
        ),
      ),
  };
}
