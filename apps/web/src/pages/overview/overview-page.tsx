import { Page } from '../../look/page.tsx';

export function OverviewPage() {
  return <Page title="Overview">{null}</Page>;
}
