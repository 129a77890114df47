import type { TemplateStatus, TemplateStore } from '../../executors/contract/template-store.ts';
import type { Persistence } from '../../store/store.ts';

export interface OrganizationTemplate extends TemplateStatus {
  workspaceName: string;
}

export type ReadOrganizationTemplates = ReturnType<typeof createReadOrganizationTemplates>;

/** @param templates null if the executor has none */
export function createReadOrganizationTemplates(
  { store }: Persistence<'workspaces'>,
  templates: Pick<TemplateStore, 'list'> | null,
) {
  /** Returns the templates of this server for an organization's workspaces, the one used last first. */
  return async function readOrganizationTemplates(organizationId: string): Promise<OrganizationTemplate[]> {
    const running = templates?.list() ?? [];
    if (running.length === 0) return [];
    const everyone = { membershipId: null, includeArchived: true };
    const workspaces = await store.workspaces.listOfOrganization(organizationId, everyone);
    const names = new Map(workspaces.map(({ id, name }) => [id, name]));
    return running
      .flatMap((template) => {
        const workspaceName = names.get(template.workspaceId);
        return workspaceName === undefined ? [] : [{ ...template, workspaceName }];
      })
      .toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  };
}
