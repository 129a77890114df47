/** Joins to workspaces the members of their organizations, each with the role they were given there, if any. */
export const withEffectiveRole = `
  join organizations on organizations.id = workspaces.organization_id
  join organization_memberships on organization_memberships.organization_id = organizations.id
  left join workspace_memberships on workspace_memberships.workspace_id = workspaces.id
                                 and workspace_memberships.membership_id = organization_memberships.id`;

/** What the organization gives a member in the workspace: nothing to collaborators, and nothing in a playground, which has one member. */
export const defaultRole = `(case
  when organization_memberships.role <> 'collaborator' and not workspaces.is_playground then organizations.default_workspace_role end)`;

/** What a member was given, unless the organization gives all its members as much: a default is developer or viewer. */
export const effectiveRole = `(case
  when workspace_memberships.role in ('owner', 'developer') then workspace_memberships.role
  else coalesce(${defaultRole}, workspace_memberships.role) end)`;
