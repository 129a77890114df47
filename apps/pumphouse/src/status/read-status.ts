import type { NextStartsResponse, RunOverviewResponse, RunSeriesResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';

/** What `status` shows of a workspace. */
export interface WorkspaceStatus {
  workspace: string;
  /** Runs that have not ended, newest first. */
  active: RunOverviewResponse[];
  /** Runs of the last 24 hours that failed, newest first. */
  failed: RunOverviewResponse[];
  /** The next starts, soonest first. */
  next: NextStartsResponse['items'];
  now: RunSeriesResponse['now'];
}

const dayMs = 24 * 3_600_000;
const maxRows = 100;

/** Reads what runs, what failed and what is next. */
export async function readStatus(session: Session): Promise<WorkspaceStatus> {
  const { client } = session;
  const params = { workspace_id: await session.workspaceId() };
  const start = new Date(Date.now() - dayMs).toISOString();
  const [workspace, active, failed, next, series] = await Promise.all([
    client.call('get_workspace', { params }),
    client.call('list_run_overviews', { params, query: { is_active: true, limit: maxRows } }),
    client.call('list_run_overviews', { params, query: { status: ['failed'], start, limit: maxRows } }),
    client.call('list_next_starts', { params, query: { limit: maxRows } }),
    client.call('list_run_series', { params }),
  ]);
  return {
    workspace: workspace.name,
    active: active.items,
    failed: failed.items,
    // A run that waits is among the active ones already.
    next: next.items.filter(({ job_run_id }) => job_run_id === null),
    now: series.now,
  };
}
