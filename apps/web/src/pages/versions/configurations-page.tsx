import { Page } from '../../look/page.tsx';

export function ConfigurationsPage() {
  return <Page title="Configurations">{null}</Page>;
}
