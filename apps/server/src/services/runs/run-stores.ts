/** The stores that a start decision reads. */
export type StartContextStores =
  | 'configurations'
  | 'deployments'
  | 'jobCoverage'
  | 'jobRuns'
  | 'jobs'
  | 'organizationLimits'
  | 'runQueue'
  | 'usage'
  | 'workspaces';

/** The stores that the start of a run touches. */
export type RunStartStores = StartContextStores | 'deferredStarts' | 'installation' | 'outbox' | 'schedules';

/** The stores that the end of a run touches: it also starts the runs that follow. */
export type RunEndStores = RunStartStores | 'attempts' | 'logChunks' | 'pendingPackages' | 'pipelineFolders';
