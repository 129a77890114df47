import type { RunEndStores } from './run-stores.ts';
import type { CheckInputs } from '../inputs/check-inputs.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import { createAttemptLog } from '../logs/attempt-log.ts';
import { createCancelRuns } from './cancel-runs.ts';
import { createEndUnknownRun } from '../attempts/end-unknown-run.ts';
import { createExplainFailure } from './explain-failure.ts';
import { createFinishRun } from './finish-run.ts';
import { createStartJob } from './start-job.ts';
import { createStartRuns } from './start-runs.ts';

/** What the services that start and end runs need from outside. */
export interface RunPorts {
  persistence: Persistence<RunEndStores | 'apps' | 'auditLog' | 'pendingPackages' | 'telemetry'>;
  logFiles: LogFiles;
  /** The clock that starts are decided on. */
  clock: Clock;
  faultPoints: FaultPoints;
  /** Absent in programs that start no job for a member. */
  checkInputs?: CheckInputs;
  log: Logger;
}

/**
 * Creates the services that start and end runs. They need no secret key, so `admin end-run` works without
 * one.
 */
export function createRunServices({ persistence, logFiles, clock, faultPoints, checkInputs, log }: RunPorts) {
  const attemptLog = createAttemptLog(persistence, logFiles);
  const startRuns = createStartRuns(persistence, clock, faultPoints, checkInputs);
  const finishRun = createFinishRun({
    persistence,
    startRuns,
    attemptLog,
    explainFailure: createExplainFailure({ persistence, logFiles, log }),
    faultPoints,
    announce: (jobRunId, isOver) => attemptLog.announce(jobRunId, isOver),
  });
  return {
    attemptLog,
    startRuns,
    startJob: createStartJob(persistence, startRuns),
    finishRun,
    cancelRuns: createCancelRuns(persistence, finishRun, attemptLog),
    endUnknownRun: createEndUnknownRun(persistence, finishRun, attemptLog),
  };
}
