import type { Client } from '@pumphouse/client';

/** A workspace in which the caller has a role. */
export interface OwnWorkspace {
  id: string;
  name: string;
  description: string | null;
  role: string;
  organizationId: string;
  organizationName: string;
}

/** Lists the workspaces of the caller in all organizations, ordered by organization and name. */
export async function listOwnWorkspaces(client: Client): Promise<OwnWorkspace[]> {
  const { items } = await client.call('list_organizations', { query: { limit: 1000 } });
  const memberships = await Promise.all(
    items.map(async (organization) => {
      const me = await client.call('get_organization_me', { params: { organization_id: organization.id } });
      return (me.workspace_memberships ?? []).map(({ role, workspace }) => ({
        id: workspace.id,
        name: workspace.name,
        description: workspace.description ?? null,
        role,
        organizationId: organization.id,
        organizationName: organization.name,
      }));
    }),
  );
  return memberships
    .flat()
    .toSorted(
      (left, right) =>
        left.organizationName.localeCompare(right.organizationName) || left.name.localeCompare(right.name),
    );
}
