import type { JsonOperationId } from '@pumphouse/contract';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { boundsOfMonth, type Month } from '../../calendar/months.ts';

/** The days of a month, in the zone of the server's choice for bounds: UTC. */
export const calendarOfMonth = (params: { workspace_id: string; job_id: string }, month: Month) =>
  operation('get_job_calendar', { params, query: boundsOfMonth(month) });

export const backfillsOfJob = (workspaceId: string, jobId: string) =>
  operationPages('list_backfills', {
    params: { workspace_id: workspaceId },
    query: { job_id: jobId, limit: 20 },
  });

/** What a change of a backfill affects. */
export const changedByBackfills: readonly JsonOperationId[] = [
  'list_backfills',
  'get_backfill',
  'list_backfill_windows',
  'get_job_calendar',
  'preview_backfill',
];
