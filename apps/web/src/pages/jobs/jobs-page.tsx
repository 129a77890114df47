import { Page } from '../../look/page.tsx';

export function JobsPage() {
  return <Page title="Jobs">{null}</Page>;
}
