import type { JobFilter, JobOverviewHead, JobSortKey, NextStart, RecentRun } from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReadRunOverviews, RunOverview } from '../runs/read-run-overviews.ts';
import { createPageReader } from '../paging/read-page.ts';
import { shownRecentRuns } from '@pumphouse/contract';

/** A job with everything that a list shows. */
export interface JobOverview {
  job: JobOverviewHead;
  nextStart: NextStart | null;
  /** Newest first. */
  recentRuns: RecentRun[];
  /** The newest run that was not skipped. */
  lastRun: RunOverview | null;
  /** The newest run, if it was skipped. */
  lastSkippedRun: RunOverview | null;
  /** The newest failed run of a failing job; null if retention has removed it. */
  lastFailedRun: RunOverview | null;
  /** Pipelines that the job has run, in alphabetical order. */
  pipelineNames: string[];
}

export type ReadJobOverviews = ReturnType<typeof createReadJobOverviews>;

export function createReadJobOverviews(
  { store }: Persistence<'jobOverviews' | 'jobRuns' | 'runOverviews'>,
  readRunOverviews: Pick<ReadRunOverviews, 'describe'>,
) {
  const readPage = createPageReader();

  async function readStatingRuns(jobIds: readonly string[]): Promise<Map<string, RunOverview[]>> {
    const runs = await readRunOverviews.describe(await store.runOverviews.statingOfJobs(jobIds));
    return Map.groupBy(runs, ({ run }) => run.jobId);
  }

  return {
    /** Newest first unless sorted. Uses a fixed number of statements, whatever the length. */
    async list(
      workspaceId: string,
      filter: JobFilter,
      page: PageRequest<JobSortKey>,
    ): Promise<Page<JobOverview>> {
      const jobs = await readPage(page, store.jobOverviews.list(workspaceId, filter));
      const ids = jobs.items.map((job) => job.id);
      const [statingRuns, recentRuns, nextStarts, pipelines] = await Promise.all([
        readStatingRuns(ids),
        store.jobRuns.recentOfJobs(ids, shownRecentRuns),
        store.jobOverviews.nextStartsOf(ids),
        store.jobOverviews.pipelinesOf(workspaceId, ids),
      ]);
      const recentOf = Map.groupBy(recentRuns, (run) => run.jobId);
      const nextOf = new Map(nextStarts.map((start) => [start.jobId, start]));
      const items = jobs.items.map((job) => ({
        job,
        nextStart: job.isPaused ? null : (nextOf.get(job.id) ?? null),
        recentRuns: recentOf.get(job.id) ?? [],
        ...pickStatingRuns(job, statingRuns.get(job.id) ?? []),
        pipelineNames: pipelines.get(job.id) ?? [],
      }));
      return { ...jobs, items };
    },
  };
}

/** @param runs newest first */
function pickStatingRuns(
  { failureCount }: JobOverviewHead,
  runs: readonly RunOverview[],
): Pick<JobOverview, 'lastRun' | 'lastSkippedRun' | 'lastFailedRun'> {
  const newest = runs.at(0);
  const isFailure = ({ run }: RunOverview) => run.status === 'failed' && run.backfillId === null;
  return {
    lastRun: runs.find(({ run }) => run.status !== 'skipped') ?? null,
    lastSkippedRun: newest?.run.status === 'skipped' ? newest : null,
    lastFailedRun: failureCount === 0 ? null : (runs.find(isFailure) ?? null),
  };
}
