import { Page } from '../../look/page.tsx';

export function CompareRunsPage() {
  return <Page title="Compare Runs">{null}</Page>;
}
