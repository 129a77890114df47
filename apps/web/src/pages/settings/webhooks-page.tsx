import { Page } from '../../look/page.tsx';

export function WebhooksPage() {
  return <Page title="Webhooks">{null}</Page>;
}
