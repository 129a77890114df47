import { Page } from '../../look/page.tsx';

export function DeploymentsPage() {
  return <Page title="Deployments">{null}</Page>;
}
