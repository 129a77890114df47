import type { OrganizationResponse, WorkspaceResponse } from '@pumphouse/contract';

type Workspace = Omit<WorkspaceResponse, 'is_playground'>;

export function toOrganization({ id, name, description, created_at, updated_at }: OrganizationResponse) {
  return { id, name, description, date_added: created_at, date_updated: updated_at };
}

export function toWorkspace(workspace: Workspace) {
  const { id, name, description, created_at, updated_at, predefined_profiles = {} } = workspace;
  return { id, name, description, predefined_profiles, date_added: created_at, date_updated: updated_at };
}

/** The client offers a workspace only to its owners, and knows no developers, who may do almost the same. */
export function toRole(role: string): string {
  return role === 'developer' ? 'owner' : role;
}
