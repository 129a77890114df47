import type { Failed } from '../../domain/runs/failure-reason.ts';
import type { FailureReasonResponse } from '@pumphouse/contract';
import { explainFailed } from '../../domain/runs/failure-reason.ts';

export function toFailureReason(failed: Failed): FailureReasonResponse | null {
  const reason = explainFailed(failed);
  if (!reason) return null;
  return {
    kind: reason.kind,
    title: reason.title,
    summary: reason.summary,
    code: reason.code,
    exception_type: reason.exceptionType,
    message: reason.message,
    step: reason.step,
    pipeline_name: reason.pipelineName,
    table: reason.table,
    location: reason.location,
  };
}
