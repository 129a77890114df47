import { findLastTraceback, stripAnsi } from '@pumphouse/client';
import type { FailureReasonResponse, JobRunTimelineResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';

/** Why a run failed, with all that the console shows about it. */
export interface RunFailure {
  reason: FailureReasonResponse;
  /** The failure as Pumphouse recorded it, with the next step. */
  failure: JobRunTimelineResponse['failure'];
  /** As Python printed it; null if there is none. */
  traceback: string | null;
}

/** Number of lines at the end of the log to search for the traceback. dlt's exception chains have about 200. */
const tailLines = 1000;

/** Reads why a run failed; null if it did not fail. */
export async function readFailure(
  session: Session,
  timeline: Pick<JobRunTimelineResponse, 'id' | 'reason' | 'failure'>,
): Promise<RunFailure | null> {
  const { reason, failure } = timeline;
  if (reason === null) return null;
  const traceback = reason.kind === 'runtime' ? null : await readTraceback(session, timeline.id, reason);
  return { reason, failure, traceback };
}

/** Finds the traceback in dlt's report of the failed step, else at the end of the log. */
async function readTraceback(
  session: Session,
  jobRunId: string,
  reason: FailureReasonResponse,
): Promise<string | null> {
  const params = { workspace_id: await session.workspaceId(), job_run_id: jobRunId };
  if (reason.pipeline_name !== null) {
    const { pipeline_runs } = await session.client.call('list_job_run_pipeline_runs', { params });
    const reported = pipeline_runs.findLast(
      (run) => run.pipeline_name === reason.pipeline_name && run.error_traceback != null,
    );
    if (reported?.error_traceback != null) return reported.error_traceback;
  }
  const { lines } = await session.client.call('read_log_lines', {
    params,
    query: { from_line: -tailLines, limit: tailLines },
  });
  const errors = lines.filter(({ source, io_stream }) => source === 'user' && io_stream === 'stderr');
  return findLastTraceback(errors.map(({ content }) => stripAnsi(content)));
}
