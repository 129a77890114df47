/** Who runs a checked pipeline that an attempt did not report. */
export interface PipelineUse {
  /** The job has run it before, or declares it. */
  isOwn: boolean;
  /** Another job in service declares it, or has run it later than this job. */
  isOfOther: boolean;
}

/** The job whose run is checked, and the other jobs in service. */
export interface JobUse {
  runsPipelines: boolean;
  doOthersRunPipelines: boolean;
  /** Some other job has not ended a run yet, so it may be the one that runs a pipeline which no job has run. */
  isAnotherUntried: boolean;
}

/**
 * Decides whether a completed run had to report a pipeline: `required` of the job that runs it, and of each job
 * with pipelines if no job can run it, as with a misspelled name. Pure function.
 */
export function decideExpected(
  { isOwn, isOfOther }: PipelineUse,
  { runsPipelines, doOthersRunPipelines, isAnotherUntried }: JobUse,
): 'required' | 'possible' | 'elsewhere' {
  if (isOfOther) return 'elsewhere';
  if (isOwn) return 'required';
  if (!runsPipelines && doOthersRunPipelines) return 'elsewhere';
  return isAnotherUntried ? 'possible' : 'required';
}
