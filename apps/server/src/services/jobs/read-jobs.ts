import type {
  DownstreamRun,
  JobFilter,
  JobRecord,
  JobRunRecord,
  JobHead,
  JobSortKey,
  JobVersionRecord,
  PipelineRunHeadRecord,
  RecentRun,
  VersionSortKey,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import type { JobVersions } from './job-versions.ts';
import { createPageReader } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** Lists to include in each job; null omits a list. */
export interface NestedRuns {
  recentLimit: number | null;
  downstreamLimit: number | null;
  downstreamCategory: string | null;
}

/** A job with its current version and its newest run. */
export interface DetailedJob {
  job: JobRecord;
  version: JobVersionRecord | undefined;
  latestRun: JobRunRecord | undefined;
  latestPipelineRuns: PipelineRunHeadRecord[];
  recentRuns: RecentRun[] | null;
  downstreamRuns: DownstreamRun[] | null;
}

export type ReadJobs = ReturnType<typeof createReadJobs>;

/** A version with the current job. */
export interface VersionOfJob {
  job: JobRecord;
  version: JobVersionRecord;
}

export function createReadJobs(
  { store }: Persistence<'jobRuns' | 'jobs' | 'telemetry'>,
  jobVersions: JobVersions,
) {
  const readPage = createPageReader();

  async function describe(heads: readonly JobHead[], nested: NestedRuns): Promise<DetailedJob[]> {
    const ids = heads.map((head) => head.id);
    const [jobs, versions, latest] = await Promise.all([
      jobVersions.complete(heads),
      jobVersions.getMany(heads.map((head) => head.currentVersionId)),
      store.jobRuns.latestOfJobs(ids),
    ]);
    const latestIds = [...latest.values()].map((run) => run.id);
    const { recentLimit, downstreamLimit: limit, downstreamCategory: category } = nested;
    const [pipelineRuns, recent, downstream] = await Promise.all([
      store.telemetry.listOfJobRuns(latestIds),
      recentLimit === null ? null : store.jobRuns.recentOfJobs(ids, recentLimit),
      limit === null ? null : store.jobRuns.downstreamOf(latestIds, { limit, category }),
    ]);
    const pipelineRunsOf = Map.groupBy(pipelineRuns, (run) => run.jobRunId);
    const recentOf = recent && Map.groupBy(recent, (run) => run.jobId);
    const downstreamOf = downstream && Map.groupBy(downstream, (run) => run.previousJobRunId);
    return jobs.map((job) => {
      const latestRun = latest.get(job.id);
      return {
        job,
        version: versions.get(job.currentVersionId),
        latestRun,
        latestPipelineRuns: pipelineRunsOf.get(latestRun?.id ?? '') ?? [],
        recentRuns: recentOf && (recentOf.get(job.id) ?? []),
        downstreamRuns: downstreamOf && (downstreamOf.get(latestRun?.id ?? '') ?? []),
      };
    });
  }

  return {
    async list(
      workspaceId: string,
      filter: JobFilter,
      page: PageRequest<JobSortKey>,
      nested: NestedRuns,
    ): Promise<Page<DetailedJob>> {
      const heads = await readPage(page, store.jobs.list(workspaceId, filter));
      return { ...heads, items: await describe(heads.items, nested) };
    },

    /** Newest first unless sorted. */
    async listVersions(
      workspaceId: string,
      jobId: string,
      page: PageRequest<VersionSortKey>,
    ): Promise<Page<VersionOfJob>> {
      const job = await store.jobs.get(workspaceId, jobId);
      if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
      const versions = await readPage(page, store.jobs.listVersions(job.id));
      return { ...versions, items: versions.items.map((version) => ({ job, version })) };
    },

    async get(workspaceId: string, jobId: string, nested: NestedRuns): Promise<DetailedJob> {
      const job = await store.jobs.get(workspaceId, jobId);
      const [detailed] = job ? await describe([job], nested) : [];
      if (!detailed) throw new ServiceError('not_found', `There is no job ${jobId}.`);
      return detailed;
    },
  };
}
