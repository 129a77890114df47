import { Page } from '../../look/page.tsx';

export function OrganizationSettingsPage() {
  return <Page title="Organization Settings">{null}</Page>;
}
