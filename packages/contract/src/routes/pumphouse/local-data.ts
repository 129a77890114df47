import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import {
  localDataArchiveQuery,
  localDataRequest,
  localDataResponse,
  resetLocalDataResponse,
  restoreLocalDataResponse,
} from '../../schemas/local-data/local-data.ts';
import { changeErrors } from '../error-statuses.ts';
import { localDataParams, workspaceParams } from '../parameters.ts';

/** Files that runs of a workspace keep, such as DuckDB databases. */
export const localDataRoutes = [
  defineRoute({
    operationId: 'list_local_data',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/local-data',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'local-data.read',
    params: workspaceParams,
    responses: { 200: localDataResponse },
    errors: changeErrors,
  }),
  /** Sends a gzip tar. A database is as it was between two writers. */
  defineRoute({
    operationId: 'download_local_data',
    method: 'GET',
    path: '/pumphouse/v1/workspaces/{workspace_id}/local-data/{profile}/archive',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'local-data.download',
    params: localDataParams,
    query: localDataArchiveQuery,
    responses: { 200: { contentType: 'application/gzip', item: z.file() } },
    errors: changeErrors,
  }),
  /** Moves all files of a profile into a copy, which is kept for a day. */
  defineRoute({
    operationId: 'reset_local_data',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/local-data/-reset',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'local-data.reset',
    params: workspaceParams,
    body: localDataRequest,
    responses: { 200: resetLocalDataResponse },
    errors: changeErrors,
  }),
  /** Brings back the latest copy of a profile, and makes a copy of what is there. */
  defineRoute({
    operationId: 'restore_local_data',
    method: 'POST',
    path: '/pumphouse/v1/workspaces/{workspace_id}/local-data/-restore',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'local-data.reset',
    params: workspaceParams,
    body: localDataRequest,
    responses: { 200: restoreLocalDataResponse },
    errors: changeErrors,
  }),
] as const;
