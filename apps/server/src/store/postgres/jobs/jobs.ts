import type { JobFilter } from './job-list.ts';
import type { JobHead, JobRecord, JobVersionContent } from './job-records.ts';
import type { Queryable } from '../pool.ts';
import type { Statement } from '../statements/named.ts';
import type { TiedJob } from '../../../domain/jobs/job-graph.ts';
import { createJobLocks } from './job-locks.ts';
import { createJobProgressStore } from './job-progress.ts';
import { createJobVersionStore, insertVersion } from './job-versions.ts';
import { isDeployedJob } from './deployed-jobs.ts';
import { jobColumns, selectDeployedJobs, selectJobs } from './job-columns.ts';
import { listJobs } from './job-list.ts';
import { named } from '../statements/named.ts';
import { withDefinitions } from './parse-definitions.ts';

/** Stores jobs with their current version, and all versions. */
export function createJobStore(sql: Queryable) {
  /** Reads jobs with their definitions. */
  const queryJobs = (statement: Statement) => withDefinitions(sql.query<JobRecord>(statement));
  /** Like `queryJobs`, with a kept plan. */
  const queryPreparedJobs = (statement: Statement) => withDefinitions(sql.prepared<JobRecord>(statement));

  async function find(jobId: string): Promise<JobRecord | undefined> {
    const [job] = await queryPreparedJobs(named(`${selectJobs} where jobs.id = :jobId`, { jobId }));
    return job;
  }

  return {
    ...createJobProgressStore(sql),
    ...createJobVersionStore(sql),
    ...createJobLocks(sql),

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
    listAll: (workspaceId: string) => queryJobs(selectDeployedJobs(workspaceId)),

    list: (workspaceId: string, filter: JobFilter) => listJobs<JobHead>(sql, jobColumns, workspaceId, filter),

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
      const versionId = await insertVersion(sql, { jobId: id, version: 1 }, content, createdBy);
      await sql.execute(
        named('update jobs set current_version_id = :versionId where id = :id', { id, versionId }),
      );
      return mustExist(await find(id));
    },

    async addVersion(job: JobRecord, content: JobVersionContent, createdBy: string): Promise<JobRecord> {
      const version = job.version + 1;
      const versionId = await insertVersion(sql, { jobId: job.id, version }, content, createdBy);
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
        named(
          'update jobs set is_paused = :isPaused, paused_at = case when :isPaused then now() end, updated_at = now() where id = :id',
          {
            id: job.id,
            isPaused,
          },
        ),
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

function mustExist(job: JobRecord | undefined): JobRecord {
  if (!job) throw new Error('A job vanished inside the transaction that wrote it');
  return job;
}
