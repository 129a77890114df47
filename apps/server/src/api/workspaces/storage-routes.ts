import type { Handlers } from '../handler.ts';
import type { PendingPackages } from '../../services/pipelines/pending-packages.ts';
import type { ReadOrganizationStorage } from '../../services/workspaces/read-organization-storage.ts';
import type { ReadOrganizationTemplates } from '../../services/workspaces/read-organization-templates.ts';
import { toOrganizationStorage } from './storage-serializers.ts';

export function createStorageHandlers(services: {
  readOrganizationStorage: ReadOrganizationStorage;
  readOrganizationTemplates: ReadOrganizationTemplates;
  pendingPackages: Pick<PendingPackages, 'measure'>;
}): Pick<Handlers, 'get_organization_storage'> {
  return {
    get_organization_storage: async ({ params: { organization_id: id } }) =>
      toOrganizationStorage(id, {
        kinds: await services.readOrganizationStorage(id),
        pending: await services.pendingPackages.measure(id),
        templates: await services.readOrganizationTemplates(id),
      }),
  };
}
