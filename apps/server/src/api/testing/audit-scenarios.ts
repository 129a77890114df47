import type { OperationId } from '@pumphouse/contract';
import type { Scenarios } from './audit-scene.ts';
import { savedViewScenarios } from './audit-scenarios-saved-views.ts';
import { alertRuleScenarios } from './audit-scenarios-alert-rules.ts';
import { eventSubscriptionScenarios } from './audit-scenarios-events.ts';
import { alertChannelScenarios } from './audit-scenarios-alerts.ts';
import { backfillScenarios } from './audit-scenarios-backfills.ts';
import { localDataScenarios } from './audit-scenarios-local-data.ts';
import { peopleScenarios } from './audit-scenarios-people.ts';
import { sessionScenarios } from './audit-scenarios-sessions.ts';
import { workerScenarios } from './audit-scenarios-workers.ts';
import { workspaceScenarios } from './audit-scenarios-workspaces.ts';

/**
 * A call for each operation that changes something, with the action of its audit entry. The audit log's test
 * walks the route table and fails for an operation that is neither here nor in `changesNothing`.
 */
export const auditScenarios: Scenarios = {
  ...workspaceScenarios,
  ...peopleScenarios,
  ...sessionScenarios,
  ...workerScenarios,
  ...savedViewScenarios,
  ...alertRuleScenarios,
  ...alertChannelScenarios,
  ...eventSubscriptionScenarios,
  ...backfillScenarios,
  ...localDataScenarios,
};

/** Operations that are not GET and still write no audit entry of their own, each with the reason. */
export const changesNothing: Partial<Record<OperationId, string>> = {
  preview_backfill: 'It computes what a backfill would load, and stores nothing.',
  issue_dataplane_token_workspace: 'A token is given, and nothing is stored.',
  issue_upload_deployment: 'A token is given, and nothing is stored; the upload itself is written down.',
  issue_upload_configuration: 'A token is given, and nothing is stored; the upload itself is written down.',
  preview_alert_rule: 'The rule is evaluated on the past, and nothing is stored.',
  issue_authorization_url_session: 'Anyone may start a sign-in; its completion is recorded.',
  issue_device_code_session: 'Anyone may start a sign-in; its completion is recorded.',
  issue_swap_code_session: 'A signed-in user gets a code for their browser; its sign-in is recorded.',
  open_app: 'A user with access gets a code for their browser; visits are stored with the app.',
  refresh_session:
    'The session goes on, every few minutes; one that ends because a token came twice is written down.',
};
