import { Page } from '../../look/page.tsx';

export function OrganizationUsagePage() {
  return <Page title="Organization Usage">{null}</Page>;
}
