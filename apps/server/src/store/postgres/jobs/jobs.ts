import type { JobDefinition } from '../../../domain/jobs/job-definition.ts';
import type { JobFilter } from './job-list.ts';
import type { Queryable } from '../pool.ts';
import type { TiedJob } from '../../../domain/jobs/job-graph.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { createJobProgressStore } from './job-progress.ts';
import { isDeployedJob } from './deployed-jobs.ts';
import { listJobs, nextTickOfJob } from './job-list.ts';
import { named } from '../statements/named.ts';
import { parseDefinitions, withDefinitions } from './parse-definitions.ts';
import type { Statement } from '../statements/named.ts';

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
const maxStandstillSeconds = 10;
/** Part of statements that lock jobs: Postgres ends the transaction if it is idle for this long. */
const boundStandstill = `set_config('idle_in_transaction_session_timeout', '${maxStandstillSeconds}s', true)`;

/** Selects and locks jobs. A text of its own for one job, the usual case: Postgres plans one with an array each time. */
function selectForRuns(jobIds: readonly string[]): Statement {
  const lockIt = `and ${boundStandstill} is not null order by jobs.id for update of jobs`;
  const [jobId] = jobIds;
  return jobIds.length === 1
    ? named(`${selectJobs} where jobs.id = :jobId ${lockIt}`, { jobId })
    : named(`${selectJobs} where jobs.id = any(:jobIds) ${lockIt}`, { jobIds });
}

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
      named(
        `insert into job_versions (job_id, version, definition, definition_hash, engine_version, description, profile,
                                   max_run_time_seconds, created_by)
         values (:jobId, :version, :definition, :definitionHash, :engineVersion, :description, :profile, :maxRunTimeSeconds,
                 :createdBy) returning id`,
        { ...content, jobId, version, definition: JSON.stringify(content.definition), createdBy },
      ),
    );
    return row.id;
  }

  /** Reads jobs with their definitions. */
  const queryJobs = (statement: Statement) => withDefinitions(sql.query<JobRecord>(statement));
  /** Like `queryJobs`, with a kept plan. */
  const queryPreparedJobs = (statement: Statement) => withDefinitions(sql.prepared<JobRecord>(statement));

  async function find(jobId: string): Promise<JobRecord | undefined> {
    const [job] = await queryPreparedJobs(named(`${selectJobs} where jobs.id = :jobId`, { jobId }));
    return job;
  }

  function listAll(workspaceId: string) {
    return queryJobs(
      named(
        `${selectJobs} where jobs.workspace_id = :workspaceId and ${isDeployedJob} order by jobs.created_at desc, jobs.id`,
        { workspaceId },
      ),
    );
  }

  /**
   * Locks jobs in id order, so that start decisions with common jobs wait for each other instead of
   * deadlocking. Reads them after locking: a single statement would omit a job whose version a deploy
   * changed meanwhile.
   */
  async function lock(jobIds: readonly string[]): Promise<JobRecord[]> {
    await sql.executePrepared(
      named(`select ${boundStandstill} from jobs where id = any(:jobIds) order by id for update`, {
        jobIds,
      }),
    );
    return queryPreparedJobs(
      named(`${selectJobs} where jobs.id = any(:jobIds) order by jobs.id`, { jobIds }),
    );
  }

  return {
    ...createJobProgressStore(sql),

    /** Reads a deployed job. */
    async get(workspaceId: string, jobId: string) {
      const [job] = await queryJobs(
        named(
          `${selectJobs} where jobs.workspace_id = :workspaceId and jobs.id = :jobId and ${isDeployedJob}`,
          { workspaceId, jobId },
        ),
      );
      return job;
    },

    /** Lists all deployed jobs of a workspace, including archived ones, newest first. */
    listAll,

    list: (workspaceId: string, filter: JobFilter) => listJobs<JobHead>(sql, jobColumns, workspaceId, filter),

    listVersions: (jobId: string) => listVersions(sql, jobId),

    /** Lists all jobs of a workspace, including archived ones, with the fields for job edges. */
    listTied: (workspaceId: string) =>
      sql.prepared<TiedJob>(
        named(
          `select id, job_ref as "jobRef", job_type as "jobType", is_archived as "isArchived", triggers, upstream_refs as "upstreamRefs"
             from jobs where workspace_id = :workspaceId and ${isDeployedJob}`,
          { workspaceId },
        ),
      ),

    /** Reads jobs without the content of their current versions. */
    getHeads: (jobIds: readonly string[]) =>
      sql.prepared<JobHead>(named(`select ${jobColumns} from jobs where id = any(:jobIds)`, { jobIds })),

    find,

    getMany: (jobIds: readonly string[]) =>
      queryPreparedJobs(named(`${selectJobs} where jobs.id = any(:jobIds)`, { jobIds })),

    lock,

    /**
     * Locks jobs like `lock`, in one statement, for starts and ends of runs. What other tables say about a
     * job (its next tick, link and port) may be as old as the statement.
     */
    async lockForRuns(jobIds: readonly string[]) {
      const locked = await queryPreparedJobs(selectForRuns(jobIds));
      return locked.length === jobIds.length ? locked : lock(jobIds);
    },

    /**
     * Locks every job of a workspace, in id order, which prevents start decisions meanwhile.
     * @returns the deployed ones, newest first
     */
    async lockAll(workspaceId: string) {
      await sql.execute(
        named(
          `select ${boundStandstill} from jobs where workspace_id = :workspaceId order by id for update`,
          { workspaceId },
        ),
      );
      return listAll(workspaceId);
    },

    /** Locks jobs without waiting; returns the ids of those whose lock no other transaction holds. */
    tryLock: async (jobIds: readonly string[]) => {
      const rows = await sql.prepared<{ id: string }>(
        named(
          `select id, ${boundStandstill} from jobs where id = any(:jobIds) order by id for update skip locked`,
          {
            jobIds,
          },
        ),
      );
      return rows.map(({ id }) => id);
    },

    /** Lists jobs by their refs, without archived ones. */
    listByRefs: (workspaceId: string, refs: readonly string[]) =>
      queryPreparedJobs(
        named(
          `${selectJobs} where jobs.workspace_id = :workspaceId and jobs.job_ref = any(:refs) and not jobs.is_archived`,
          { workspaceId, refs },
        ),
      ),

    /** Lists active jobs that wait for the freshness of this one, by id. */
    listDownstreams: (workspaceId: string, ref: string) =>
      queryPreparedJobs(
        named(
          `${selectJobs} where jobs.workspace_id = :workspaceId and not jobs.is_archived
            and jobs.upstream_refs <> '{}' and jobs.upstream_refs @> array[:ref] order by jobs.id`,
          { workspaceId, ref },
        ),
      ),

    /**
     * Lists a job, and the active jobs that start after its event or wait for its freshness, by id.
     * @param prefix the part of the event before the ref of the job
     */
    listWithFollowing: (jobId: string, prefix: string) =>
      queryPreparedJobs(
        named(
          `${selectJobs} join jobs as ended on ended.workspace_id = jobs.workspace_id
            where ended.id = :jobId
              and (jobs.id = ended.id or not jobs.is_archived
                   and (jobs.triggers @> array[:prefix || ended.job_ref]
                        or (jobs.upstream_refs <> '{}' and jobs.upstream_refs @> array[ended.job_ref])))
            order by jobs.id`,
          { jobId, prefix },
        ),
      ),

    /** Lists active jobs with a trigger of this type, whatever its expression, by id. */
    listByTriggerType: (workspaceId: string, type: string) =>
      queryJobs(
        named(
          `${selectJobs} where jobs.workspace_id = :workspaceId and not jobs.is_archived
              and exists (select 1 from unnest(jobs.triggers) as own (trigger) where starts_with(own.trigger, :type || ':'))
            order by jobs.id`,
          { workspaceId, type },
        ),
      ),

    /** Reads a job by its ref, whether deployed or created by the server for itself. */
    async findByRef(workspaceId: string, ref: string) {
      const [job] = await queryPreparedJobs(
        named(`${selectJobs} where jobs.workspace_id = :workspaceId and jobs.job_ref = :ref`, {
          workspaceId,
          ref,
        }),
      );
      return job;
    },

    getVersions: (versionIds: readonly string[]) =>
      withDefinitions(
        sql.prepared<JobVersionRecord>(
          named(`select ${versionColumns}, ${contentColumns} from job_versions where id = any(:versionIds)`, {
            versionIds,
          }),
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
        named(
          `insert into jobs (workspace_id, job_ref, job_type, version, current_version_id, deployment_module, profile, triggers,
                             default_trigger, upstream_refs, created_by)
           values (:workspaceId, :jobRef, :jobType, 1, gen_random_uuid(), :deploymentModule, :profile, :triggers,
                   :defaultTrigger, :upstreamRefs, :createdBy) returning id`,
          { ...content, workspaceId, jobRef, createdBy },
        ),
      );
      const versionId = await insertVersion(id, 1, content, createdBy);
      await sql.execute(
        named('update jobs set current_version_id = :versionId where id = :id', { id, versionId }),
      );
      return mustExist(await find(id));
    },

    async addVersion(job: JobRecord, content: JobVersionContent, createdBy: string): Promise<JobRecord> {
      const version = job.version + 1;
      const versionId = await insertVersion(job.id, version, content, createdBy);
      await sql.execute(
        named(
          `update jobs set version = :version, current_version_id = :versionId, job_type = :jobType,
       deployment_module = :deploymentModule, profile = :profile,
                  triggers = :triggers, default_trigger = :defaultTrigger, upstream_refs = :upstreamRefs,
                  is_archived = false, updated_at = now()
            where id = :id`,
          { ...content, id: job.id, version, versionId },
        ),
      );
      return mustExist(await find(job.id));
    },

    async archive(job: JobRecord): Promise<JobRecord> {
      await sql.execute(
        named('update jobs set is_archived = true, is_paused = false, updated_at = now() where id = :id', {
          id: job.id,
        }),
      );
      return mustExist(await find(job.id));
    },

    async unarchive(job: JobRecord): Promise<JobRecord> {
      await sql.execute(
        named('update jobs set is_archived = false, updated_at = now() where id = :id', { id: job.id }),
      );
      return mustExist(await find(job.id));
    },

    async setPaused(job: JobRecord, isPaused: boolean): Promise<JobRecord> {
      await sql.execute(
        named('update jobs set is_paused = :isPaused, updated_at = now() where id = :id', {
          id: job.id,
          isPaused,
        }),
      );
      return mustExist(await find(job.id));
    },

    clearPause: (jobId: string) =>
      sql.execute(named('update jobs set is_paused = false where id = :jobId', { jobId })),

    setDeploymentModule: (jobIds: readonly string[], deploymentModule: string) =>
      sql.execute(
        named('update jobs set deployment_module = :deploymentModule where id = any(:jobIds)', {
          jobIds,
          deploymentModule,
        }),
      ),
  };
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
      const statement = { text, where, isPrepared: range.offset === 0 };
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
