import type { ApplyFile, OrganizationSection, WorkspaceSection } from '../file/apply-file.ts';

/** The sections of a workspace that are read. */
export interface WorkspaceSelection {
  description: boolean;
  members: boolean;
  variables: boolean;
  alert_channels: boolean;
  alert_rules: boolean;
  event_subscriptions: boolean;
}

/** The sections of an organization that are read. */
export interface OrganizationSelection {
  limits: boolean;
  cost_rates: boolean;
  /** Members and pending invitations. */
  people: boolean;
  /** Null: all workspaces that are not archived, completely. */
  workspaces: ReadonlyMap<string, WorkspaceSelection> | null;
}

export const wholeWorkspace: WorkspaceSelection = {
  description: true,
  members: true,
  variables: true,
  alert_channels: true,
  alert_rules: true,
  event_subscriptions: true,
};

export const wholeOrganization: OrganizationSelection = {
  limits: true,
  cost_rates: true,
  people: true,
  workspaces: null,
};

/** Selects the sections that a file has, so that the caller needs only the permissions for those. */
export function selectSections({ organizations }: ApplyFile): Map<string, OrganizationSelection> {
  return new Map(
    Object.entries(organizations).map(([name, section]) => [name, selectOfOrganization(section)]),
  );
}

function selectOfOrganization({
  limits,
  cost_rates,
  members,
  workspaces = {},
}: OrganizationSection): OrganizationSelection {
  const selected = new Map(
    Object.entries(workspaces).map(([name, section]) => [name, selectOfWorkspace(section)]),
  );
  return {
    limits: limits !== undefined,
    cost_rates: cost_rates !== undefined,
    people: members !== undefined || [...selected.values()].some((each) => each.members),
    workspaces: selected,
  };
}

function selectOfWorkspace(section: WorkspaceSection): WorkspaceSelection {
  return {
    description: section.description !== undefined,
    members: section.members !== undefined,
    variables: section.variables !== undefined || section.profiles !== undefined,
    // Rules name their channels.
    alert_channels: section.alert_channels !== undefined || section.alert_rules !== undefined,
    alert_rules: section.alert_rules !== undefined,
    event_subscriptions: section.event_subscriptions !== undefined,
  };
}
