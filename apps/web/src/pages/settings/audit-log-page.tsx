import { Page } from '../../look/page.tsx';

export function WorkspaceAuditLogPage() {
  return <Page title="Workspace Audit Log">{null}</Page>;
}
