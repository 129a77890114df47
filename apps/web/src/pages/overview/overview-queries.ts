import { operation } from '../../api/operation.ts';
import { pipelineSeries } from '../../data/data-queries.ts';
import { toSeriesQuery, type SeriesWindow } from './series-window.ts';
import { shownZone } from '../../ui/time-zone.ts';

/** Passing time causes no event, so poll. */
const clockEveryMs = 60_000;

/** Queries of the overview. Lists are short, since each has a page of its own. */
export function overviewQueries(workspaceId: string, window: SeriesWindow) {
  const params = { workspace_id: workspaceId };
  const timezone = shownZone();
  const byLastRun = {
    is_archived: false,
    sort: ['last_run_at' as const],
    order: ['desc' as const],
  };
  return {
    series: operation('list_run_series', {
      params,
      query: toSeriesQuery(window, { nowMs: Date.now(), timezone }),
    }),
    failing: operation('list_job_overviews', {
      params,
      query: { ...byLastRun, status: ['failed'], limit: 20 },
    }),
    // Longest waits first.
    waiting: {
      ...operation('list_run_overviews', {
        params,
        query: {
          status: ['pending', 'starting'],
          sort: ['created_at'],
          order: ['asc'],
          limit: 20,
        },
      }),
      refetchInterval: clockEveryMs,
    },
    unknown: operation('list_run_overviews', {
      params,
      query: { is_unknown: true, sort: ['created_at'], order: ['asc'], limit: 20 },
    }),
    ticks: {
      ...operation('list_job_overviews', {
        params,
        query: { is_archived: false, is_paused: false, sort: ['next_start_at'], order: ['asc'], limit: 20 },
      }),
      refetchInterval: clockEveryMs,
    },
    recent: operation('list_job_overviews', { params, query: { ...byLastRun, limit: 25 } }),
    active: operation('list_run_overviews', { params, query: { is_active: true, limit: 20 } }),
    starts: operation('list_next_starts', { params, query: { limit: 12 } }),
    stale: operation('list_pipeline_freshness', { params, query: { is_stale: true, limit: 8 } }),
    fresh: operation('list_pipeline_freshness', {
      params,
      query: { is_stale: false, sort: ['last_success_at'], order: ['desc'], limit: 8 },
    }),
    incidents: operation('list_alert_incidents', { params, query: { is_open: true, limit: 50 } }),
    changes: operation('list_schema_changes', { params, query: { limit: 6 } }),
    days: pipelineSeries(workspaceId, undefined),
  };
}

/** Fetches one run, to determine whether the workspace has any. */
export const firstRun = (workspaceId: string) =>
  operation('list_run_overviews', {
    params: { workspace_id: workspaceId },
    query: { limit: 1, include_skipped: false },
  });
