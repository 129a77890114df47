import type { AuditEntryRecord } from '../../store/records.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { isPlainObject } from '../../domain/primitives/plain-object.ts';
import { toInstant } from '../serializers/instants.ts';

type AuditEntry = RouteResponseInput<'list_workspace_audit_log'>['items'][number];

export function toAuditEntry(entry: AuditEntryRecord): AuditEntry {
  return {
    id: entry.id,
    at: toInstant(entry.at),
    organization_id: entry.organizationId,
    workspace_id: entry.workspaceId,
    actor: {
      kind: entry.actorKind,
      user_id: entry.actorUserId,
      email: entry.actorEmail,
      key_id: entry.actorKeyId,
      address: entry.address,
      user_agent: entry.userAgent,
    },
    action: entry.action,
    target: { kind: entry.targetKind, id: entry.targetId, name: entry.targetName },
    before: isPlainObject(entry.before) ? entry.before : null,
    after: isPlainObject(entry.after) ? entry.after : null,
  };
}
