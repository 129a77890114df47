import type { OrganizationStorage } from '../../services/workspaces/read-organization-storage.ts';
import type { OrganizationTemplate } from '../../services/workspaces/read-organization-templates.ts';
import type { OrganizationStorageResponse } from '@pumphouse/contract';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

interface Stored {
  kinds: readonly OrganizationStorage[];
  pending: { count: number; bytes: number; oldest: Date | null; maxAgeSeconds: number };
  templates: readonly OrganizationTemplate[];
}

export function toOrganizationStorage(
  organizationId: string,
  { kinds, pending, templates }: Stored,
): OrganizationStorageResponse {
  const { maxAgeSeconds, ...measured } = pending;
  // Its size limit is not for all organizations together, but for each workspace and profile.
  const limit = { maxAgeSeconds, maxBytes: null };
  return {
    organization_id: organizationId,
    kinds: [...kinds, { ...measured, kind: 'pending-packages' as const, limit }].map((stored) => ({
      kind: stored.kind,
      count: stored.count,
      bytes: stored.bytes,
      oldest_at: toInstantOrNull(stored.oldest),
      max_age_seconds: stored.limit.maxAgeSeconds,
      max_bytes: stored.limit.maxBytes,
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
