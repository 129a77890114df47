export interface JobRunFilter {
  /** Part of the job's ref or display name or of a pipeline's name, or a run's number. */
  search?: string | null;
  jobId?: string | null;
  number?: number | null;
  statuses?: readonly string[] | null;
  jobTypes?: readonly string[] | null;
  previousJobRunId?: string | null;
  /** The backfill whose windows they load. */
  backfillId?: string | null;
  /** Active runs that wait for this active run. Requires statuses that are active. */
  waitingFor?: string | null;
  /** The code version with which they were created. */
  deploymentId?: string | null;
  configurationId?: string | null;
  triggers?: readonly string[] | null;
  triggerKinds?: readonly string[] | null;
  triggeredBy?: readonly string[] | null;
  profiles?: readonly string[] | null;
  minDurationSeconds?: number | null;
  maxDurationSeconds?: number | null;
  start?: Date | null;
  end?: Date | null;
  includeSystemJobs?: boolean;
  /** Runs that ran one of these pipelines. */
  pipelineNames?: readonly string[] | null;
  /** Runs of jobs with one of these tags. */
  tags?: readonly string[] | null;
  /** Excludes rows of skipped starts. */
  leaveOutSkipped?: boolean;
  /** Only active runs in a location that no server can observe. */
  onlyUnknown?: boolean;
}
