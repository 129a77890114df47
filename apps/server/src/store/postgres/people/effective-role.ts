/** Joins workspaces with the members of their organizations, and with each member's explicit role, if any. */
export const withEffectiveRole = `
  join organizations on organizations.id = workspaces.organization_id
  join organization_memberships on organization_memberships.organization_id = organizations.id
  left join workspace_memberships on workspace_memberships.workspace_id = workspaces.id
                                 and workspace_memberships.membership_id = organization_memberships.id`;

/**
 * The role that the organization gives a member in the workspace: none for collaborators, and none in a
 * playground, which has one member.
 */
export const defaultRole = `(case
  when organization_memberships.role <> 'collaborator' and not workspaces.is_playground then organizations.default_workspace_role end)`;

/**
 * The explicit role of a member, unless the organization's default is at least as high: a default is
 * developer or viewer.
 */
export const effectiveRole = `(case
  when workspace_memberships.role in ('owner', 'developer') then workspace_memberships.role
  else coalesce(${defaultRole}, workspace_memberships.role) end)`;
