import { Page } from '../../look/page.tsx';

export function OrganizationMembersPage() {
  return <Page title="Organization Members">{null}</Page>;
}
