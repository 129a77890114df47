import { Page } from '../../look/page.tsx';

export function OrganizationAuditLogPage() {
  return <Page title="Organization Audit Log">{null}</Page>;
}
