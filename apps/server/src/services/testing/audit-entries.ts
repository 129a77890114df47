import type { AuditEntryRecord, AuditFilter, AuditScope } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/** Lists the first thousand audit entries of an organization or workspace, or of all, oldest first. */
export async function listAuditEntries(
  { auditLog }: Pick<Store, 'auditLog'>,
  filter: AuditFilter & AuditScope = {},
): Promise<AuditEntryRecord[]> {
  const { organizationId, workspaceId, ...others } = filter;
  const scope = { ...(organizationId && { organizationId }), ...(workspaceId && { workspaceId }) };
  const { rows } = await auditLog
    .list(scope, others)
    .read({ limit: 1000, offset: 0, sorting: [{ key: 'at', order: 'asc' }] });
  return rows;
}
