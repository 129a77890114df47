import { Page } from '../../look/page.tsx';

export function RunsPage() {
  return <Page title="Runs">{null}</Page>;
}
