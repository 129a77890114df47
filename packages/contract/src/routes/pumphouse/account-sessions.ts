import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { accountSessionsResponse, revokedSessionsResponse } from '../../schemas/sign-in/account-sessions.ts';
import { uuid } from '../../schemas/primitives.ts';
import { readErrors } from '../error-statuses.ts';

/** The caller's sessions. */
export const accountSessionRoutes = [
  defineRoute({
    operationId: 'list_account_sessions',
    method: 'GET',
    path: '/pumphouse/v1/account/sessions',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'account.read',
    responses: { 200: accountSessionsResponse },
    errors: [401, 403, 500],
  }),
  defineRoute({
    operationId: 'revoke_account_session',
    method: 'DELETE',
    path: '/pumphouse/v1/account/sessions/{session_id}',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'account.revoke-session',
    params: z.object({ session_id: uuid }),
    responses: { 204: null },
    errors: readErrors,
  }),
  defineRoute({
    operationId: 'revoke_other_account_sessions',
    method: 'POST',
    path: '/pumphouse/v1/account/sessions/-revoke-others',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'account.revoke-session',
    responses: { 200: revokedSessionsResponse },
    errors: [401, 403, 500],
  }),
] as const;
