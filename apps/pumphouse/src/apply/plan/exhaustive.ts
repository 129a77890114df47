import type { ApplyFile } from '../file/apply-file.ts';
import type { Entry, KindName } from '../entries/entry.ts';

type Section =
  'members' | 'cost_rates' | 'variables' | 'alert_channels' | 'alert_rules' | 'event_subscriptions';

const sections: Partial<Record<KindName, { of: 'organization' | 'workspace'; section: Section }>> = {
  cost_rates: { of: 'organization', section: 'cost_rates' },
  member: { of: 'organization', section: 'members' },
  invitation: { of: 'organization', section: 'members' },
  workspace_member: { of: 'workspace', section: 'members' },
  variable: { of: 'workspace', section: 'variables' },
  alert_channel: { of: 'workspace', section: 'alert_channels' },
  alert_rule: { of: 'workspace', section: 'alert_rules' },
  event_subscription: { of: 'workspace', section: 'event_subscriptions' },
};

/** Whether the file claims to list all resources like this one. Never for organizations and workspaces. */
export function isExhaustive(file: ApplyFile, { kind, path }: Entry): boolean {
  const place = sections[kind];
  if (place === undefined) return false;
  const [organization = '', workspace = ''] = path;
  const outer = file.organizations[organization];
  const owner = place.of === 'organization' ? outer : outer?.workspaces?.[workspace];
  const exhaustive: readonly Section[] = owner?.exhaustive ?? [];
  return exhaustive.includes(place.section);
}
