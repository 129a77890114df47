import type { Route } from '../route.ts';
import { accountSessionRoutes } from './pumphouse/account-sessions.ts';
import { invitationRoutes } from './pumphouse/invitations.ts';
import { auditLogRoutes } from './pumphouse/audit-log.ts';
import { jobVersionRoutes } from './pumphouse/job-versions.ts';
import { keyRoutes } from './pumphouse/keys.ts';
import { memberRoutes } from './pumphouse/members.ts';
import { pumphouseOrganizationRoutes } from './pumphouse/organizations.ts';
import { runLifeRoutes } from './pumphouse/run-lives.ts';
import { pumphouseStatisticsRoutes } from './pumphouse/statistics.ts';
import { usageRoutes } from './pumphouse/usage.ts';
import { pumphouseVersionRoutes } from './pumphouse/versions.ts';
import { webhookRoutes } from './pumphouse/webhooks.ts';

/** Operations that the dlthub client does not know: surface `pumphouse`, prefix `/pumphouse/v1`. One file a topic. */
export const pumphouseRoutes = [
  ...jobVersionRoutes,
  ...runLifeRoutes,
  ...pumphouseStatisticsRoutes,
  ...pumphouseVersionRoutes,
  ...webhookRoutes,
  ...usageRoutes,
  ...accountSessionRoutes,
  ...pumphouseOrganizationRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...keyRoutes,
  ...auditLogRoutes,
] as const satisfies readonly Route[];
