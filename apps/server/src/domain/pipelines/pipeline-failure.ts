/** What decides whether a pipeline is failing. */
export interface PipelineRuns {
  /** Its newest run. */
  lastRun: { status: 'succeeded' | 'failed'; isOfBackfill: boolean } | null;
  lastSuccess: {
    /** When it was stored. */
    createdAt: Date;
    isOfBackfill: boolean;
  } | null;
  /** The jobs that run it. */
  jobs: readonly FeedingJobFailure[];
}

export interface FeedingJobFailure {
  isArchived: boolean;
  /** When the newest failed run of a failing job was created; null if the job is not failing. */
  failedAt: Date | null;
}

/**
 * Whether a pipeline is failing: its last run failed, or a job that runs it is failing and the failed run did not
 * load with it. A run that is killed, or fails before it loads, reports no pipeline, so the job's failure counts. As for jobs,
 * a run of a backfill is neither a failure nor a recovery.
 */
export function isFailingPipeline({ lastRun, lastSuccess, jobs }: PipelineRuns): boolean {
  if (lastRun?.status === 'failed' && !lastRun.isOfBackfill) return true;
  const recoveredAt = lastSuccess === null || lastSuccess.isOfBackfill ? null : lastSuccess.createdAt;
  return jobs.some(
    ({ isArchived, failedAt }) =>
      !isArchived && failedAt !== null && (recoveredAt === null || recoveredAt < failedAt),
  );
}
