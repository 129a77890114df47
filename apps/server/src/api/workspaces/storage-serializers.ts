import type { OrganizationStorage } from '../../services/workspaces/read-organization-storage.ts';
import type { OrganizationTemplate } from '../../services/workspaces/read-organization-templates.ts';
import type { OrganizationStorageResponse } from '@pumphouse/contract';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export function toOrganizationStorage(
  organizationId: string,
  { kinds, templates }: { kinds: readonly OrganizationStorage[]; templates: readonly OrganizationTemplate[] },
): OrganizationStorageResponse {
  return {
    organization_id: organizationId,
    kinds: kinds.map(({ kind, count, bytes, oldest, limit }) => ({
      kind,
      count,
      bytes,
      oldest_at: toInstantOrNull(oldest),
      max_age_seconds: limit.maxAgeSeconds,
      max_bytes: limit.maxBytes,
    })),
    templates: templates.map((template) => ({
      workspace_id: template.workspaceId,
      workspace_name: template.workspaceName,
      profile: template.profile,
      runs: template.runs,
      memory_bytes: template.memoryBytes,
      started_at: toInstant(template.startedAt),
      last_used_at: toInstant(template.lastUsedAt),
    })),
    limits_setting: 'PUMPHOUSE_RETENTION',
    limits_text:
      'The limits are a setting of the server, PUMPHOUSE_RETENTION, and the same for all its organizations. The operator of the server changes it and restarts the server.',
  };
}
