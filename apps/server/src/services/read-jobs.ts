import type {
  DownstreamRun,
  JobFilter,
  JobRecord,
  JobRunRecord,
  JobSortKey,
  JobVersionRecord,
  PipelineRunHeadRecord,
  RecentRun,
} from '../store/records.ts';
import type { Page, PageRequest } from './read-page.ts';
import type { Persistence } from '../store/store.ts';
import { readPage } from './read-page.ts';
import { ServiceError } from './service-error.ts';

/** What is listed inside each job; null leaves it out. */
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

export function createReadJobs({ store }: Persistence) {
  async function describe(jobs: readonly JobRecord[], nested: NestedRuns): Promise<DetailedJob[]> {
    const ids = jobs.map((job) => job.id);
    const [versions, latest] = await Promise.all([
      store.jobs.getVersions(jobs.map((job) => job.currentVersionId)),
      store.jobRuns.latestOfJobs(ids),
    ]);
    const latestIds = [...latest.values()].map((run) => run.id);
    const { recentLimit, downstreamLimit: limit, downstreamCategory: category } = nested;
    const [pipelineRuns, recent, downstream] = await Promise.all([
      store.telemetry.listOfJobRuns(latestIds),
      recentLimit === null ? null : store.jobRuns.recentOfJobs(ids, recentLimit),
      limit === null ? null : store.jobRuns.downstreamOf(latestIds, { limit, category }),
    ]);
    const versionById = new Map(versions.map((version) => [version.id, version]));
    const pipelineRunsOf = Map.groupBy(pipelineRuns, (run) => run.jobRunId);
    const recentOf = recent && Map.groupBy(recent, (run) => run.jobId);
    const downstreamOf = downstream && Map.groupBy(downstream, (run) => run.previousJobRunId);
    return jobs.map((job) => {
      const latestRun = latest.get(job.id);
      return {
        job,
        version: versionById.get(job.currentVersionId),
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
      const { items, total } = await readPage(
        page,
        () => store.jobs.list(workspaceId, filter, page),
        (atMost) => store.jobs.count(workspaceId, filter, atMost),
      );
      return { items: await describe(items, nested), total };
    },

    async get(workspaceId: string, jobId: string, nested: NestedRuns): Promise<DetailedJob> {
      const job = await store.jobs.get(workspaceId, jobId);
      const [detailed] = job ? await describe([job], nested) : [];
      if (!detailed) throw new ServiceError('not_found', `There is no job ${jobId}.`);
      return detailed;
    },
  };
}
