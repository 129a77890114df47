import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  backfillPreviewResponse,
  backfillResponse,
  backfillWindowsResponse,
  backfillWindowState,
  cancelBackfillRequest,
  changeBackfillRequest,
  createBackfillRequest,
  invalidatedWindowsResponse,
  invalidateWindowsRequest,
  jobCalendarResponse,
  previewBackfillRequest,
  retryBackfillRequest,
  skipBackfillWindowsRequest,
} from '../../schemas/backfills/backfills.ts';
import { listPage, listQuery } from '../../schemas/paging.ts';
import { queryBoolean, queryInteger, queryList, queryText, queryTimestamp } from '../../schemas/query.ts';
import { uuid } from '../../schemas/primitives.ts';
import { changeErrors, readErrors } from '../error-statuses.ts';
import { backfillParams, jobParams, workspaceParams } from '../parameters.ts';

/** Newest first. `is_open`: whether it has not ended. */
const backfillQuery = listQuery(['created_at'], {
  job_id: uuid.optional(),
  is_open: queryBoolean.optional(),
});

const windowsQuery = z.object({
  limit: queryInteger({ minimum: 1, maximum: 1000 }).default(100),
  /** The number of the last window of the page before. */
  after: queryInteger({ minimum: 0, maximum: 1_000_000 }).default(0),
  status: queryList(backfillWindowState).optional(),
});

/** `end` defaults to now, `start` to 31 days before it; 400 days at most. */
const calendarQuery = z.object({
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  timezone: queryText.default('UTC'),
});

const ofBackfill = '/pumphouse/v1/workspaces/{workspace_id}/backfills/{backfill_id}';
const ofJob = '/pumphouse/v1/workspaces/{workspace_id}/jobs/{job_id}';

/** Backfills: ranges of windows of a job, each loaded by a run. */
export const backfillRoutes = [
  defineRoute({
    operationId: 'preview_backfill',
    method: 'POST',
    path: `${ofJob}/backfills/-preview`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.create',
    params: jobParams,
    body: previewBackfillRequest,
    responses: { 200: backfillPreviewResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'create_backfill',
    method: 'POST',
    path: `${ofJob}/backfills`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.create',
    params: jobParams,
    body: createBackfillRequest,
    responses: { 201: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'get_job_calendar',
    method: 'GET',
    path: `${ofJob}/calendar`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.read',
    params: jobParams,
    query: calendarQuery,
    responses: { 200: jobCalendarResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'invalidate_job_windows',
    method: 'POST',
    path: `${ofJob}/-invalidate-windows`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'job.invalidate-windows',
    params: jobParams,
    body: invalidateWindowsRequest,
    responses: { 200: invalidatedWindowsResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'list_backfills',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/backfills',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.read',
    params: workspaceParams,
    query: backfillQuery,
    responses: { 200: listPage('ListPageBackfillResponse', backfillResponse) },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'get_backfill',
    method: 'GET',
    path: ofBackfill,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.read',
    params: backfillParams,
    responses: { 200: backfillResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'list_backfill_windows',
    method: 'GET',
    path: `${ofBackfill}/windows`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.read',
    params: backfillParams,
    query: windowsQuery,
    responses: { 200: backfillWindowsResponse },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'change_backfill',
    method: 'PATCH',
    path: ofBackfill,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    body: changeBackfillRequest,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'pause_backfill',
    method: 'POST',
    path: `${ofBackfill}/-pause`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'resume_backfill',
    method: 'POST',
    path: `${ofBackfill}/-resume`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'cancel_backfill',
    method: 'POST',
    path: `${ofBackfill}/-cancel`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    body: cancelBackfillRequest,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'retry_backfill',
    method: 'POST',
    path: `${ofBackfill}/-retry`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    body: retryBackfillRequest,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
  defineRoute({
    operationId: 'skip_backfill_windows',
    method: 'POST',
    path: `${ofBackfill}/-skip-windows`,
    surface: 'pumphouse',
    credential: 'user',
    permission: 'backfill.change',
    params: backfillParams,
    body: skipBackfillWindowsRequest,
    responses: { 200: backfillResponse },
    errors: changeErrors,
  }),
] as const;
