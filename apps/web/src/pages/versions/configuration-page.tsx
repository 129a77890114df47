import { Page } from '../../look/page.tsx';

export function ConfigurationPage() {
  return <Page title="Configuration">{null}</Page>;
}
