import type { Config } from '../config/config.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { join } from 'node:path';
import { createAttemptLog } from '../services/logs/attempt-log.ts';
import { createEndUnknownRun } from '../services/attempts/end-unknown-run.ts';
import { createExplainFailure } from '../services/runs/explain-failure.ts';
import { createFaultPoints } from '../platform/pause-at.ts';
import { createFinishRun } from '../services/runs/finish-run.ts';
import { createLogFiles } from '../blobs/logs/log-file.ts';
import { createStartRuns } from '../services/runs/start-runs.ts';
import { databaseClock } from '../services/scheduling/clock.ts';

/** Assembles the services that start and end runs, for the server and for `admin end-run`. */
export function assembleRunEnds(config: Config, persistence: Persistence, log: Logger) {
  const faultPoints = createFaultPoints(config.pauseAt);
  const logFiles = createLogFiles(join(config.blobsDir, 'logs'));
  const attemptLog = createAttemptLog(persistence, logFiles);
  const clock = databaseClock;
  const startRuns = createStartRuns(persistence, clock, faultPoints);
  const finishRun = createFinishRun({
    persistence,
    startRuns,
    attemptLog,
    explainFailure: createExplainFailure({ persistence, logFiles, log }),
    faultPoints,
    announce: (jobRunId) => attemptLog.announce(jobRunId),
  });
  const endUnknownRun = createEndUnknownRun(persistence, finishRun, attemptLog);
  return { faultPoints, logFiles, attemptLog, clock, startRuns, finishRun, endUnknownRun };
}
