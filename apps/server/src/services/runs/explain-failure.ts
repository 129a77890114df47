import type { FailedPipelineRun, FailureReason } from '../../domain/runs/failure-reason.ts';
import type { Logger } from 'pino';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { Persistence } from '../../store/store.ts';
import type { PipelineRunDetails } from '../../telemetry/pipeline-run-details.ts';
import { parseLogLine } from '../../domain/logs/log-line.ts';
import { findReason } from '../../domain/runs/failure-reason.ts';
import { localPathName } from '../../domain/versions/local-path-name.ts';

export interface ExplainFailureDependencies {
  persistence: Persistence<'attempts' | 'jobRuns' | 'telemetry' | 'workspaces'>;
  logFiles: Pick<LogFiles, 'readEnd'>;
  log: Pick<Logger, 'error'>;
}

/**
 * Explains why the code of an attempt failed, from its output; null if that explains nothing or cannot be
 * read.
 */
export type ExplainFailure = (attemptId: string) => Promise<FailureReason | null>;

/** A traceback with its chain takes some kilobytes; a log is up to 500 MB. */
const readLogBytes = 256 * 1024;

export function createExplainFailure({
  persistence,
  logFiles,
  log,
}: ExplainFailureDependencies): ExplainFailure {
  const { store } = persistence;

  async function explain(attemptId: string): Promise<FailureReason | null> {
    const attempt = await store.attempts.get(attemptId);
    const scope = attempt && (await store.jobRuns.find(attempt.jobRunId));
    const workspace = scope && (await store.workspaces.get(scope.workspaceId));
    if (!attempt || !workspace) return null;
    const [end, details] = await Promise.all([
      logFiles.readEnd(attemptId, { toBytes: attempt.logBytes, atMostBytes: readLogBytes }),
      store.telemetry.lastFailedOfAttempt(attemptId),
    ]);
    return findReason({
      stderr: readStderr(end),
      pipelineRun: details ? toFailedPipelineRun(details) : null,
      workFolderName: localPathName(workspace.name),
    });
  }

  return async (attemptId) => {
    try {
      return await explain(attemptId);
    } catch (error) {
      // A run must end even if its log cannot be read: its failure still has a code.
      log.error({ err: error, attemptId }, 'the reason of a failure could not be read');
      return null;
    }
  };
}

function readStderr(ndjson: Uint8Array): string[] {
  return Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.length)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLogLine)
    .filter((line) => line.source === 'user' && line.io_stream === 'stderr')
    .map((line) => line.content);
}

function toFailedPipelineRun(details: PipelineRunDetails): FailedPipelineRun {
  return {
    pipelineName: details.pipelineName,
    step: details.errorStep,
    message: details.errorMessage,
    traceback: details.errorTraceback,
    failedTables: details.tables
      .filter((table) => table.loadJobState === 'failed')
      .map((table) => table.tableName),
  };
}
