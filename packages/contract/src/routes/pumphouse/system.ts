import { defineRoute } from '../../route.ts';
import { installationAccessResponse, systemResponse } from '../../schemas/doctor/system.ts';

/** The state of the server, for owners of the installation. */
export const systemRoutes = [
  defineRoute({
    operationId: 'get_system',
    method: 'GET',
    path: '/pumphouse/v1/system',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'system.read',
    responses: { 200: systemResponse },
    errors: [401, 403, 500],
  }),
  defineRoute({
    operationId: 'get_installation_access',
    method: 'GET',
    path: '/pumphouse/v1/account/installation-access',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'account.read',
    responses: { 200: installationAccessResponse },
    errors: [401, 403, 500],
  }),
] as const;
