import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { auditLogQuery } from './audit-log-query.ts';
import { AuditLogView } from './audit-log-view.tsx';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { organizationMembers } from '../../workspace/use-people.ts';
import { shownZone } from '../../ui/time-zone.ts';

/** Audit log of an organization and all its workspaces. */
export function OrganizationAuditLogPage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('organization-audit-log.read');
  return refused === null ? (
    <AuditLog />
  ) : (
    <RefusedOrganizationPage title="Audit log" reason={refused} role={me.role} />
  );
}

function AuditLog() {
  const { id, me, params } = useOrganization();
  const search = useSearch({ from: '/signed-in/organizations/$organizationId/audit-log' });
  const navigate = useNavigate();
  const query = auditLogQuery(search, shownZone());
  const list = useInfiniteQuery(operationPages('list_organization_audit_log', { params, query }));
  const { data: members } = useQuery(organizationMembers(id));
  return (
    <AuditLogView
      name={me.organization.name}
      lead="All changes in this organization and its workspaces. It never contains secrets."
      search={search}
      onSearch={(changed) =>
        void navigate({
          to: '/organizations/$organizationId/audit-log',
          params: { organizationId: id },
          search: changed,
        })
      }
      people={(members?.items ?? []).map(({ user_id, email }) => ({ value: user_id, label: email }))}
      list={list}
      readAll={() => api.exportAuditLog('export_organization_audit_log', { params, query })}
    />
  );
}
