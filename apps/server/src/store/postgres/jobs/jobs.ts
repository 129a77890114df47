import type { JobDefinition } from '../../../domain/jobs/job-definition.ts';
import type { JobFilter } from './job-list.ts';
import type { Queryable } from '../pool.ts';
import type { TiedJob } from '../../../domain/jobs/job-graph.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { listJobs, nextTickOfJob } from './job-list.ts';
import { parseDefinitions, withDefinitions } from './parse-definitions.ts';

export interface JobRecord {
  id: string;
  workspaceId: string;
  jobRef: string;
  jobType: string;
  version: number;
  currentVersionId: string;
  deploymentModule: string | null;
  profile: string;
  triggers: string[];
  defaultTrigger: string | null;
  isArchived: boolean;
  isPaused: boolean;
  completedIntervalEnd: Date | null;
  lastCompletedAt: Date | null;
  refreshPending: boolean;
  /** The jobs whose freshness this job waits for. */
  upstreamRefs: string[];
  /** When a clock fires next; null if none will, as for a paused job. */
  nextScheduledRunAt: Date | null;
  /** The secret of its public link, sealed by `services/apps`; null for a job that is not public. */
  sealedPublicLink: Buffer | null;
  /** The port assigned to it as an app, whether or not the server currently listens on it. */
  appPort: number | null;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  /** As it was deployed, including key order. */
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  maxRunTimeSeconds: number | null;
}

/** A job without the content of its current version, which is in `JobVersionRecord`. */
export type JobHead = Omit<
  JobRecord,
  'definition' | 'definitionHash' | 'engineVersion' | 'description' | 'maxRunTimeSeconds'
>;

export interface JobVersionRecord {
  id: string;
  jobId: string;
  version: number;
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  profile: string;
  maxRunTimeSeconds: number | null;
  createdBy: string;
  createdAt: Date;
}

/** The columns derived from a definition at a deploy; the same for a new job and a new version. */
export interface JobVersionContent {
  definition: JobDefinition;
  definitionHash: string;
  engineVersion: number;
  description: string | null;
  profile: string;
  maxRunTimeSeconds: number | null;
  jobType: string;
  triggers: string[];
  defaultTrigger: string | null;
  upstreamRefs: string[];
  deploymentModule: string | null;
}

export type VersionSortKey = 'created_at' | 'version';

const ownColumns = columns('jobs', [
  'id',
  'workspace_id',
  'job_ref',
  'job_type',
  'version',
  'current_version_id',
  'deployment_module',
  'profile',
  'triggers',
  'default_trigger',
  'is_archived',
  'is_paused',
  'completed_interval_end',
  'last_completed_at',
  'refresh_pending',
  'upstream_refs',
  'created_by',
  'created_at',
  'updated_at',
]);
/** The valid public link of a job; read only for interactive jobs, because only apps have one. */
const publicLinkOfJob = `(select app_publications.sealed_secret from app_publications
  where jobs.job_type = 'interactive' and app_publications.job_id = jobs.id and app_publications.ended_at is null
    and (app_publications.expires_at is null or app_publications.expires_at > now()))`;
const portOfJob = `(select app_ports.port from app_ports where jobs.job_type = 'interactive' and app_ports.job_id = jobs.id)`;
const jobColumns = `${ownColumns}, ${nextTickOfJob} as "nextScheduledRunAt", ${publicLinkOfJob} as "sealedPublicLink",
  ${portOfJob} as "appPort"`;
const contentColumns = columns('job_versions', [
  'definition',
  'definition_hash',
  'engine_version',
  'description',
  'max_run_time_seconds',
]);
const versionColumns = columns('job_versions', [
  'id',
  'job_id',
  'version',
  'profile',
  'created_by',
  'created_at',
]);
const selectJobs = `select ${jobColumns}, ${contentColumns}
  from jobs join job_versions on job_versions.id = jobs.current_version_id`;

/** Shorter than a lease, because a suspended server blocks ticks and ends of runs for the others. */
const longestStandstillSeconds = 10;
/** Part of statements that lock jobs: Postgres ends the transaction if it is idle for this long. */
const boundStandstill = `set_config('idle_in_transaction_session_timeout', '${longestStandstillSeconds}s', true)`;

export type JobStore = ReturnType<typeof createJobStore>;

/** Stores jobs with their current version, and all versions. */
export function createJobStore(sql: Queryable) {
  async function insertVersion(
    jobId: string,
    version: number,
    content: JobVersionContent,
    createdBy: string,
  ) {
    const row = await sql.one<{ id: string }>(
      `insert into job_versions (job_id, version, definition, definition_hash, engine_version, description, profile,
                                 max_run_time_seconds, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
      [
        jobId,
        version,
        JSON.stringify(content.definition),
        content.definitionHash,
        content.engineVersion,
        content.description,
        content.profile,
        content.maxRunTimeSeconds,
        createdBy,
      ],
    );
    return row.id;
  }

  /** Runs a statement that begins with `selectJobs`. */
  const queryJobs = (rest: string, params: readonly unknown[]) =>
    withDefinitions(sql.query<JobRecord>(`${selectJobs} ${rest}`, params));
  /** Like `queryJobs`, with a kept plan. */
  const queryPreparedJobs = (rest: string, params: readonly unknown[]) =>
    withDefinitions(sql.prepared<JobRecord>(`${selectJobs} ${rest}`, params));

  async function get(workspaceId: string, jobId: string): Promise<JobRecord | undefined> {
    const [job] = await queryJobs('where jobs.workspace_id = $1 and jobs.id = $2', [workspaceId, jobId]);
    return job;
  }

  const listAll = (workspaceId: string) =>
    queryJobs('where jobs.workspace_id = $1 order by jobs.created_at desc, jobs.id', [workspaceId]);

  return {
    get,

    /** Lists all jobs of a workspace, including archived ones, newest first. */
    listAll,

    list: (workspaceId: string, filter: JobFilter) => listJobs<JobHead>(sql, jobColumns, workspaceId, filter),

    listVersions: (jobId: string) => listVersions(sql, jobId),

    /** Lists all jobs of a workspace, including archived ones, with the fields for job edges. */
    listTied: (workspaceId: string) =>
      sql.prepared<TiedJob>(
        `select id, job_ref as "jobRef", job_type as "jobType", is_archived as "isArchived", triggers, upstream_refs as "upstreamRefs"
           from jobs where workspace_id = $1`,
        [workspaceId],
      ),

    /** Reads jobs without the content of their current versions. */
    getHeads: (jobIds: readonly string[]) =>
      sql.prepared<JobHead>(`select ${jobColumns} from jobs where id = any($1)`, [jobIds]),

    async find(jobId: string) {
      const [job] = await queryPreparedJobs('where jobs.id = $1', [jobId]);
      return job;
    },

    getMany: (jobIds: readonly string[]) => queryPreparedJobs('where jobs.id = any($1)', [jobIds]),

    /**
     * Locks jobs in id order, so that start decisions with common jobs wait for each other instead of
     * deadlocking. Reads them after locking: a single statement would omit a job whose version a deploy
     * changed meanwhile.
     */
    async lock(jobIds: readonly string[]) {
      await sql.executePrepared(
        `select ${boundStandstill} from jobs where id = any($1) order by id for update`,
        [jobIds],
      );
      return queryPreparedJobs('where jobs.id = any($1) order by jobs.id', [jobIds]);
    },

    /**
     * Locks every job of a workspace, in id order, which prevents start decisions meanwhile.
     * @returns all, newest first
     */
    async lockAll(workspaceId: string) {
      await sql.execute(
        `select ${boundStandstill} from jobs where workspace_id = $1 order by id for update`,
        [workspaceId],
      );
      return listAll(workspaceId);
    },

    /** Locks a job without waiting; returns false if another transaction holds the lock. */
    tryLock: async (jobId: string) =>
      (await sql.executePrepared(`select ${boundStandstill} from jobs where id = $1 for update skip locked`, [
        jobId,
      ])) === 1,

    /** Lists jobs by their refs, without archived ones. */
    listByRefs: (workspaceId: string, refs: readonly string[]) =>
      queryPreparedJobs(`where jobs.workspace_id = $1 and jobs.job_ref = any($2) and not jobs.is_archived`, [
        workspaceId,
        refs,
      ]),

    /** Lists active jobs that wait for the freshness of this one, by id. */
    listDownstreams: (workspaceId: string, ref: string) =>
      queryPreparedJobs(
        `where jobs.workspace_id = $1 and not jobs.is_archived
            and jobs.upstream_refs <> '{}' and jobs.upstream_refs @> array[$2] order by jobs.id`,
        [workspaceId, ref],
      ),

    /** Lists active jobs with exactly this trigger, which start after an event. */
    listTriggeredBy: (workspaceId: string, trigger: string) =>
      queryPreparedJobs(
        `where jobs.workspace_id = $1 and not jobs.is_archived and jobs.triggers @> array[$2] order by jobs.id`,
        [workspaceId, trigger],
      ),

    /** Lists active jobs with a trigger of this type, whatever its expression, by id. */
    listByTriggerType: (workspaceId: string, type: string) =>
      queryJobs(
        `where jobs.workspace_id = $1 and not jobs.is_archived
            and exists (select 1 from unnest(jobs.triggers) as own (trigger) where starts_with(own.trigger, $2 || ':'))
          order by jobs.id`,
        [workspaceId, type],
      ),

    getVersions: (versionIds: readonly string[]) =>
      withDefinitions(
        sql.prepared<JobVersionRecord>(
          `select ${versionColumns}, ${contentColumns} from job_versions where id = any($1)`,
          [versionIds],
        ),
      ),

    async create(
      workspaceId: string,
      jobRef: string,
      content: JobVersionContent,
      createdBy: string,
    ): Promise<JobRecord> {
      // The job and its first version refer to each other; the constraint is checked at commit.
      const { id } = await sql.one<{ id: string }>(
        `insert into jobs (workspace_id, job_ref, job_type, version, current_version_id, deployment_module, profile, triggers,
                           default_trigger, upstream_refs, created_by)
         values ($1, $2, $3, 1, gen_random_uuid(), $4, $5, $6, $7, $8, $9) returning id`,
        [
          workspaceId,
          jobRef,
          content.jobType,
          content.deploymentModule,
          content.profile,
          content.triggers,
          content.defaultTrigger,
          content.upstreamRefs,
          createdBy,
        ],
      );
      const versionId = await insertVersion(id, 1, content, createdBy);
      await sql.execute('update jobs set current_version_id = $2 where id = $1', [id, versionId]);
      return mustExist(await get(workspaceId, id));
    },

    async addVersion(job: JobRecord, content: JobVersionContent, createdBy: string): Promise<JobRecord> {
      const version = job.version + 1;
      const versionId = await insertVersion(job.id, version, content, createdBy);
      await sql.execute(
        `update jobs set version = $2, current_version_id = $3, job_type = $4, deployment_module = $5, profile = $6,
                triggers = $7, default_trigger = $8, upstream_refs = $9, is_archived = false, updated_at = now()
          where id = $1`,
        [
          job.id,
          version,
          versionId,
          content.jobType,
          content.deploymentModule,
          content.profile,
          content.triggers,
          content.defaultTrigger,
          content.upstreamRefs,
        ],
      );
      return mustExist(await get(job.workspaceId, job.id));
    },

    async archive(job: JobRecord): Promise<JobRecord> {
      await sql.execute(
        'update jobs set is_archived = true, is_paused = false, updated_at = now() where id = $1',
        [job.id],
      );
      return mustExist(await get(job.workspaceId, job.id));
    },

    async unarchive(job: JobRecord): Promise<JobRecord> {
      await sql.execute('update jobs set is_archived = false, updated_at = now() where id = $1', [job.id]);
      return mustExist(await get(job.workspaceId, job.id));
    },

    async setPaused(job: JobRecord, isPaused: boolean): Promise<JobRecord> {
      await sql.execute('update jobs set is_paused = $2, updated_at = now() where id = $1', [
        job.id,
        isPaused,
      ]);
      return mustExist(await get(job.workspaceId, job.id));
    },

    clearPause: (jobId: string) => sql.execute('update jobs set is_paused = false where id = $1', [jobId]),

    setDeploymentModule: (jobIds: readonly string[], deploymentModule: string) =>
      sql.execute('update jobs set deployment_module = $2 where id = any($1)', [jobIds, deploymentModule]),

    /** Takes the next number for a run of the job; the job's row must be locked. */
    takeRunNumber: async (jobId: string) => {
      const [row] = await sql.prepared<{ number: number }>(
        'update jobs set last_run_number = last_run_number + 1 where id = $1 returning last_run_number as number',
        [jobId],
      );
      if (!row) throw new Error(`There is no job ${jobId} to number a run of`);
      return row.number;
    },

    /** Discards the completions, so that the next interval starts over. */
    forgetCompletion: (jobIds: readonly string[], options: { refreshPending: boolean }) =>
      sql.execute(
        `update jobs set completed_interval_end = null, last_completed_at = null,
                refresh_pending = refresh_pending or $2 where id = any($1)`,
        [jobIds, options.refreshPending],
      ),

    /**
     * Records that a refreshing run ended without success: the next run must refresh, unless a later run
     * already does.
     */
    leaveRefreshPending: (run: { jobId: string; number: number }) =>
      sql.execute(`update jobs set refresh_pending = true where id = $1 and not ${laterRefresh('$2')}`, [
        run.jobId,
        run.number,
      ]),

    clearRefreshPending: (jobId: string) =>
      sql.execute('update jobs set refresh_pending = false where id = $1', [jobId]),

    /**
     * Records a completed run. An empty interval covers no time, so it must not move the watermark past time
     * that was never loaded. A run that started before a refresh does not count: neither while the refresh is
     * pending, nor after a later one if several runs may be active.
     */
    noteCompletion: (run: { jobId: string; number: number }, intervalEnd: Date | null) =>
      sql.execute(
        `update jobs set last_completed_at = now(), completed_interval_end = greatest(completed_interval_end, $2::timestamptz)
          where id = $1 and not refresh_pending and not ${laterRefresh('$3')}`,
        [run.jobId, intervalEnd, run.number],
      ),

    /** Counts a failed run since the job last completed, and keeps the first of them. */
    noteFailure: (run: { id: string; jobId: string; number: number }) =>
      sql.execute(
        `update jobs set failure_count = failure_count + 1,
                failing_since_run_id = coalesce(failing_since_run_id, $2),
                failing_since_number = coalesce(failing_since_number, $3),
                failing_since_at = coalesce(failing_since_at, now()) where id = $1`,
        [run.jobId, run.id, run.number],
      ),

    /** Resets the failure count after a completed run, whatever it covered. */
    endFailures: (jobId: string) =>
      sql.execute(
        `update jobs set failure_count = 0, failing_since_run_id = null, failing_since_number = null, failing_since_at = null
          where id = $1 and failure_count > 0`,
        [jobId],
      ),
  };
}

/** Whether a later run of the job `$1` refreshes and has started. */
function laterRefresh(number: string): string {
  return `exists (select 1 from job_runs as later
                   where later.job_id = $1 and later.number > ${number} and later.refresh and not later.is_queued)`;
}

const versionNumber: SortColumn = { sql: 'job_versions.version', type: 'bigint', isNullable: false };

/**
 * Lists the versions of a job. Numbers grow with time, so age and number have the same order. Newest first
 * unless sorted.
 */
function listVersions(sql: Queryable, jobId: string): RowList<JobVersionRecord, VersionSortKey> {
  const from = 'job_versions';
  const whereJob = () => {
    const where = createConditions();
    where.add('job_versions.job_id = ?', jobId);
    return where;
  };
  return {
    async read(range) {
      const where = whereJob();
      const sortable = { created_at: versionNumber, version: versionNumber };
      const order = orderOf(sortable, range.sorting, { newest: versionNumber, id: 'job_versions.id' });
      const text = walk({ columns: `${versionColumns}, ${contentColumns}`, from, where }, order, range);
      const statement = { text, values: where.values, isPrepared: range.offset === 0 };
      const page = await readRange<JobVersionRecord>(sql, statement, range);
      return { ...page, rows: parseDefinitions(page.rows) };
    },
    count: (atMost) => countRows(sql, { from, where: whereJob() }, atMost, { isPrepared: true }),
  };
}

function mustExist(job: JobRecord | undefined): JobRecord {
  if (!job) throw new Error('A job vanished inside the transaction that wrote it');
  return job;
}
