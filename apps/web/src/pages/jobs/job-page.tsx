import { Page } from '../../look/page.tsx';

export function JobPage() {
  return <Page title="Job">{null}</Page>;
}
