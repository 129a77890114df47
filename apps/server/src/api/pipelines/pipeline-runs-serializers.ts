import type { JobResultRecord, PipelineRunHeadRecord, PipelineRunRecord } from '../../store/records.ts';
import type { PipelineRunHead, StoredJobResult, StoredPipelineRun } from '../../telemetry/serializers.ts';
import { parseJobResult } from '../../telemetry/parse-job-result.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

/** Converts a list record to the type `telemetry/serializers.ts` takes. */
export function toPipelineRunHead(run: PipelineRunHeadRecord): PipelineRunHead {
  return {
    ...run,
    durationMs: run.durationMs === null ? null : Math.round(run.durationMs),
    startedAt: toInstantOrNull(run.startedAt),
    finishedAt: toInstantOrNull(run.finishedAt),
    createdAt: toInstant(run.createdAt),
    updatedAt: toInstant(run.updatedAt),
  };
}

export function toStoredPipelineRun(run: PipelineRunRecord): StoredPipelineRun {
  return {
    ...run.facts,
    id: run.id,
    workspaceId: run.workspaceId,
    jobRunId: run.jobRunId,
    attemptId: run.attemptId,
    createdAt: toInstant(run.createdAt),
    updatedAt: toInstant(run.updatedAt),
  };
}

/** Converts a result, with the agent columns read from the stored body. */
export function toStoredJobResult(record: JobResultRecord): StoredJobResult {
  const parsed = parseJobResult(record.document);
  if (!parsed.ok) throw new Error(`The stored result ${record.id} cannot be read: ${parsed.problem.detail}`);
  const { document: _, ...details } = parsed.details;
  return {
    ...details,
    id: record.id,
    jobRunId: record.jobRunId,
    createdAt: toInstant(record.createdAt),
    updatedAt: toInstant(record.updatedAt),
  };
}
