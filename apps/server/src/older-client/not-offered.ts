import type { OlderRequest, OlderRoute } from './route.ts';
import { change, get, post, publicRoute, workspaceOf } from './route.ts';
import { organizationOf } from './account.ts';
import { ServiceError } from '../platform/service-error.ts';

/** Rejects a call after checking that the caller may see the organization or workspace of its path. */
function declineTo(detail: string): OlderRoute['handle'] {
  return async (request) => {
    await requireVisible(request);
    throw new ServiceError('not_offered', detail);
  };
}

async function requireVisible(request: OlderRequest): Promise<void> {
  const { call, params } = request;
  if (params['organization_id'] !== undefined)
    await call('get_organization', { params: organizationOf(request) });
  if (params['workspace_id'] !== undefined) await call('get_workspace', { params: workspaceOf(request) });
}

const statistics =
  'This server counts runs by day. Open Usage in the console, or call the usage operations of the API.';

/** Operations without a counterpart in the API. No release of the command calls them. */
export const declinedRoutes: readonly OlderRoute[] = [
  get(
    '/organizations/:organization_id/plan',
    declineTo('This server has no plans: nothing on it is billed.'),
  ),
  get('/organizations/:organization_id/stats', declineTo(statistics)),
  get('/workspaces/:workspace_id/stats', declineTo(statistics)),
  post(
    '/organizations/:organization_id/members',
    declineTo('Users join an organization by invitation. Invite them under Members in the console.'),
  ),
  change(
    'PUT',
    '/internal/job-run-pipeline-summaries/:workspace_id/:run_id',
    declineTo('Pipelines report what they load to this server themselves. Nothing needs to send summaries.'),
  ),
  ...['workos', 'github'].map((provider) =>
    publicRoute(
      post(
        `/${provider}/token-exchange`,
        declineTo(`This server does not accept tokens of ${provider}. Sign in with: dlt runtime login`),
      ),
    ),
  ),
];
