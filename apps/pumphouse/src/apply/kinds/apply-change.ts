import type { KindName } from '../entries/entry.ts';
import type { Change } from '../plan/change.ts';
import { applyAlertChannel } from './alert-channel.ts';
import { applyAlertRule } from './alert-rule.ts';
import { applyEventSubscription } from './event-subscription.ts';
import { applyCostRates, applyOrganization } from './organization.ts';
import { applyInvitation, applyMember, applyWorkspaceMember } from './people.ts';
import type { ApplyChange, ApplyContext, StepResult } from './resource-kind.ts';
import { applyVariable } from './variable.ts';
import { applyWorkspace } from './workspace.ts';

const functions: Record<KindName, ApplyChange> = {
  organization: applyOrganization,
  cost_rates: applyCostRates,
  workspace: applyWorkspace,
  workspace_member: applyWorkspaceMember,
  member: applyMember,
  invitation: applyInvitation,
  variable: applyVariable,
  alert_channel: applyAlertChannel,
  alert_rule: applyAlertRule,
  event_subscription: applyEventSubscription,
};

/** Makes one change on the server. */
export async function applyChange(context: ApplyContext, change: Change): Promise<StepResult> {
  return (await functions[change.kind](context, change)) ?? {};
}
