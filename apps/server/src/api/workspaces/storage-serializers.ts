import type { OrganizationStorage } from '../../services/workspaces/read-organization-storage.ts';
import type { OrganizationStorageResponse } from '@pumphouse/contract';
import { toInstantOrNull } from '../serializers/instants.ts';

export function toOrganizationStorage(
  organizationId: string,
  kinds: readonly OrganizationStorage[],
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
    limits_setting: 'PUMPHOUSE_RETENTION',
    limits_text:
      'The limits are a setting of the server, PUMPHOUSE_RETENTION, and the same for all its organizations. The operator of the server changes it and restarts the server.',
  };
}
