import type { ApplyFile, OrganizationSection, WorkspaceSection } from '../file/apply-file.ts';
import { readAlertChannel } from '../kinds/alert-channel.ts';
import { readAlertRule } from '../kinds/alert-rule.ts';
import { readEventSubscription } from '../kinds/event-subscription.ts';
import { organizationMaps } from '../kinds/organization.ts';
import { readVariable } from '../kinds/variable.ts';
import { flattenAttributes, type Entry } from './entry.ts';

interface Surroundings {
  now: Date;
  /** The value of a secret, if it can be read here; to see whether the host of a channel or subscription changed. */
  availableSecret: (reference: string) => string | null;
}

/** Lists the resources that a file describes. */
export function listEntries({ organizations }: ApplyFile, surroundings: Surroundings): Entry[] {
  return Object.entries(organizations).flatMap(([name, section]) =>
    listOrganization(name, section, surroundings),
  );
}

function listOrganization(name: string, section: OrganizationSection, surroundings: Surroundings): Entry[] {
  const { workspaces, members, cost_rates: rates, exhaustive: _, ...own } = section;
  return [
    { kind: 'organization', path: [name], attributes: flattenAttributes(own, organizationMaps) },
    ...listMap(rates, (day, rate): Entry => {
      return {
        kind: 'cost_rates',
        path: [name, day],
        attributes: flattenAttributes(rate, ['hourly_prices']),
      };
    }),
    ...listMap(members, (email, role): Entry => {
      return { kind: 'member', path: [name, email.toLowerCase()], attributes: { role } };
    }),
    ...listMap(workspaces, (workspace, inner) =>
      listWorkspace([name, workspace], inner, surroundings),
    ).flat(),
  ];
}

function listWorkspace(
  path: readonly string[],
  section: WorkspaceSection,
  { now, availableSecret }: Surroundings,
): Entry[] {
  const {
    members,
    variables,
    profiles,
    alert_channels: channels,
    alert_rules: rules,
    event_subscriptions: subscriptions,
    exhaustive: _,
    ...own
  } = section;
  const listVariables = (profile: string, map: typeof variables) =>
    listMap(map, (name, variable): Entry => {
      return { kind: 'variable', path: [...path, profile, name], attributes: readVariable(variable) };
    });
  return [
    { kind: 'workspace', path, attributes: flattenAttributes(own) },
    ...listMap(members, (email, role): Entry => {
      return { kind: 'workspace_member', path: [...path, email.toLowerCase()], attributes: { role } };
    }),
    ...listVariables('', variables),
    ...listMap(profiles, (profile, inner) => listVariables(profile, inner.variables)).flat(),
    ...listMap(channels, (name, channel): Entry => {
      return {
        kind: 'alert_channel',
        path: [...path, name],
        attributes: readAlertChannel(channel, availableSecret),
      };
    }),
    ...listMap(rules, (name, rule): Entry => {
      return { kind: 'alert_rule', path: [...path, name], attributes: readAlertRule(rule, now) };
    }),
    ...listMap(subscriptions, (name, subscription): Entry => {
      return {
        kind: 'event_subscription',
        path: [...path, name],
        attributes: readEventSubscription(subscription, availableSecret),
      };
    }),
  ];
}

function listMap<Value, Item>(
  map: Readonly<Record<string, Value>> | undefined,
  toItem: (name: string, value: Value) => Item,
): Item[] {
  return Object.entries(map ?? {}).map(([name, value]) => toItem(name, value));
}
