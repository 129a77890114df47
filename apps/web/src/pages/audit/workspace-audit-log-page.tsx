import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { auditLogQuery } from './audit-log-query.ts';
import { AuditLogView } from './audit-log-view.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { workspaceAccess } from '../../workspace/use-people.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { shownZone } from '../../ui/time-zone.ts';

/** Audit log of a workspace. */
export function WorkspaceAuditLogPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('workspace-audit-log.read');
  return refused === null ? <AuditLog /> : <RefusedPage title="Audit log" reason={refused} />;
}

function AuditLog() {
  const { id, me, params } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/settings/audit-log' });
  const navigate = useNavigate();
  const query = auditLogQuery(search, shownZone());
  const list = useInfiniteQuery(operationPages('list_workspace_audit_log', { params, query }));
  const { data: access } = useQuery(workspaceAccess(id));
  return (
    <AuditLogView
      name={me.workspace.name}
      lead="All changes in this workspace: user, source, old and new values. It never contains secrets."
      search={search}
      onSearch={(changed) =>
        void navigate({
          to: '/w/$workspaceId/settings/audit-log',
          params: { workspaceId: id },
          search: changed,
        })
      }
      people={(access?.items ?? []).map(({ user_id, kind, email, name }) => ({
        value: user_id,
        label: kind === 'human' ? email : `API key ${name ?? email}`,
      }))}
      list={list}
      readAll={() => api.exportAuditLog('export_workspace_audit_log', { params, query })}
    />
  );
}
