import { Page } from '../../look/page.tsx';

export function DeploymentPage() {
  return <Page title="Deployment">{null}</Page>;
}
